import type { FabricKind, FabricPut } from "../../wire/fabric.ts"
import { KeptRecords } from "./kept-records.ts"
import { type FabricRecords, KINDS, MergedRecords, type Removed, told } from "./records.ts"

/** What the streams of a machine's instances have told, on disk and at hand. */
export class Streams {
  readonly #records = new MergedRecords()
  readonly #kept: KeptRecords
  readonly #versions = new Map<string, number>()

  /** Instances of this machine. At a start all of them are known at once, or the interfaces of the later ones would go. */
  readonly #hosts: Set<string>

  constructor(path: string) {
    this.#kept = new KeptRecords(path)
    this.#hosts = new Set(this.#kept.hosts())
    for (const [stream, version] of this.#kept.versions()) this.#versions.set(stream, version)
    for (const { stream, kind, record } of this.#kept.records()) this.#records.put(stream, kind, record)
  }

  get records(): FabricRecords {
    return this.#records.all
  }

  get hosts(): ReadonlySet<string> {
    return this.#hosts
  }

  addHost(arn: string): void {
    this.#kept.addHost(arn)
    this.#hosts.add(arn)
  }

  removeHost(arn: string): void {
    this.#kept.removeHost(arn)
    this.#hosts.delete(arn)
  }

  version(stream: string): number | undefined {
    return this.#versions.get(stream)
  }

  tellerOf(kind: FabricKind, id: string): string | undefined {
    return this.#records.tellerOf(kind, id)
  }

  /** Answers with the kinds of records of which some changed. */
  change(stream: string, version: number, put: FabricPut, removed: Removed): Set<FabricKind> {
    const changed = new Set<FabricKind>()
    this.#kept.write((kept) => {
      for (const { kind, record } of told(put)) {
        kept.put(stream, kind, record)
        this.#records.put(stream, kind, record)
        changed.add(kind)
      }
      for (const kind of KINDS) {
        for (const id of removed[kind] ?? []) {
          kept.remove(stream, kind, id)
          this.#records.remove(stream, kind, id)
          changed.add(kind)
        }
      }
      kept.setVersion(stream, version)
    })
    this.#versions.set(stream, version)
    return changed
  }

  /** What a stream told before, and what is not among this any more. */
  missing(stream: string, put: FabricPut): Removed {
    const ids = new Set(told(put).map(({ kind, record }) => `${kind} ${record.id}`))
    const gone = [...this.#records.entries(stream)].filter(([kind, { id }]) => !ids.has(`${kind} ${id}`))
    const idsOf = (kind: string) => gone.flatMap(([of, { id }]) => (of === kind ? [id] : []))
    return Object.fromEntries(KINDS.map((kind) => [kind, idsOf(kind)]))
  }

  forget(stream: string): Set<FabricKind> {
    const changed = this.change(stream, 0, {}, this.missing(stream, {}))
    this.#kept.write((kept) => kept.forget(stream))
    this.#versions.delete(stream)
    return changed
  }

  close(): void {
    this.#kept.close()
  }
}
