import { chmodSync, mkdirSync, rmSync } from "node:fs"
import { posix } from "node:path"
import type { HeldNamespaces, Host } from "../../linux/host.ts"
import { readRecord, writeRecord } from "../../linux/record-file.ts"
import type { TaskSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { Places } from "./places.ts"

/** The parts of the machine that tasks have: a cgroup each, and what their containers share. */
export class TaskParts {
  readonly #host: Host
  readonly #places: Places
  readonly #cgroupRoot: string

  constructor(host: Host, places: Places, cgroupRoot: string) {
    this.#host = host
    this.#places = places
    this.#cgroupRoot = cgroupRoot
    mkdirSync(places.tasks, { recursive: true })
  }

  cgroupPath(instance: string, id: string): string {
    return posix.join(this.#cgroupRoot, instance, id)
  }

  async create(spec: TaskSpec): Promise<void> {
    const { instance, id, cpu, memory, pidsMax, sharesPids, sharesIpc } = spec
    // One whose containers share nothing needs nothing: the runtime makes cgroups where they are missing.
    if (cpu !== undefined || memory !== undefined || pidsMax !== undefined) {
      await this.#host.cgroups.create(this.cgroupPath(instance, id), {
        ...(cpu !== undefined && { cpu }),
        ...(memory !== undefined && { memory }),
        ...(pidsMax !== undefined && { pidsMax }),
      })
    }
    if (!sharesPids && !sharesIpc) return
    writeRecord(this.#places.task(instance, id), spec)
    await this.#hold(spec)
    if (spec.sharesIpc) {
      const folder = this.#places.sharedMemory(instance, id)
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, 0o1777)
    }
  }

  /** What its containers join. */
  async namespaces(instance: string, id: string): Promise<HeldNamespaces> {
    const spec = readRecord<TaskSpec>(this.#places.task(instance, id))
    if (spec === undefined) throw new EngineError("gone", `task ${id} not found`)
    return this.#hold(spec)
  }

  async remove(instance: string, id: string): Promise<void> {
    const file = this.#places.task(instance, id)
    const spec = readRecord<TaskSpec>(file)
    if (spec?.sharesPids || spec?.sharesIpc) await this.#host.release(this.#places.taskKey(instance, id))
    await this.#host.cgroups.remove(this.cgroupPath(instance, id))
    rmSync(this.#places.sharedMemory(instance, id), { recursive: true, force: true })
    rmSync(file, { force: true })
  }

  /** The holder may be there already; then it is the same one. */
  async #hold({ instance, id, sharesPids, sharesIpc }: TaskSpec): Promise<HeldNamespaces> {
    if (!sharesPids && !sharesIpc) return {}
    const shared = { pid: sharesPids, ipc: sharesIpc }
    return this.#host.hold(this.#places.taskKey(instance, id), shared, this.cgroupPath(instance, id))
  }
}
