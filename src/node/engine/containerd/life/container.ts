import { rmSync } from "node:fs"
import type { Host } from "../../../linux/host.ts"
import { readRecord, writeRecord } from "../../../linux/record-file.ts"
import type { ContainerState } from "../../engine.ts"
import type { Facts } from "../labels.ts"
import { LogFiles } from "../log/log-files.ts"
import type { ContainerPlace } from "../places.ts"
import type { ContainerdMount } from "../services.ts"
import { type Life, statusOf, UNBORN } from "./life.ts"

/** A container as this process knows it. */
export class Container {
  readonly facts: Facts
  readonly place: ContainerPlace
  readonly log: LogFiles
  readonly cgroupPath: string

  /** Of its own file system, while they are known without asking. */
  rootfs: readonly ContainerdMount[] | undefined

  /** A process before this one has made its process, and did not come to start it. */
  wasMade = false
  #life: Life

  /** Nothing that it wrote is still on the way. */
  #drained = true
  #gone = false
  readonly #watchers = new Set<() => void>()

  constructor(host: Pick<Host, "punchHole">, facts: Facts, place: ContainerPlace, cgroupPath: string) {
    this.facts = facts
    this.place = place
    this.cgroupPath = cgroupPath
    this.log = new LogFiles(host, place)
    this.#life = readRecord<Life>(place.life) ?? UNBORN
  }

  get id(): string {
    return this.facts.id
  }

  get life(): Life {
    return this.#life
  }

  get status(): ContainerState["status"] {
    return statusOf(this.#life)
  }

  get gone(): boolean {
    return this.#gone
  }

  state(): ContainerState {
    const { startedAt, pid, stoppedAt, exitCode, outOfMemory } = this.#life
    const { id, instance, taskId } = this.facts
    const { status } = this
    return {
      id,
      instance,
      taskId,
      status,
      outOfMemory,
      ...(startedAt !== undefined && { startedAt }),
      ...(status === "running" && pid !== undefined && { pid }),
      ...(status === "stopped" && stoppedAt !== undefined && { stoppedAt }),
      ...(status === "stopped" && exitCode !== undefined && { exitCode }),
    }
  }

  /** What is drawn from it outlives this process. */
  become(life: Life, drained: boolean): void {
    this.#life = life
    this.#drained = drained
    writeRecord(this.place.life, life)
    this.#changed()
  }

  drained(): void {
    this.#drained = true
    this.#changed()
  }

  forget(): void {
    this.#gone = true
    for (const folder of [this.place.folder, this.place.files]) rmSync(folder, { recursive: true, force: true })
    this.#changed()
  }

  /** Whether its log is complete, for now. */
  readonly logEnded = (): boolean => this.#gone || (this.status === "stopped" && this.#drained)

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
