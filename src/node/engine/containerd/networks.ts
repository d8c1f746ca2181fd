import type { Host } from "../../linux/host.ts"
import { Records } from "../../linux/records.ts"
import type { NetworkSpec, NetworkState } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import { ByTask } from "./by-task.ts"
import type { Places } from "./places.ts"

/** A network as its containers and their tasks have to know it. */
export interface NetworkRecord {
  readonly id: string
  readonly instance: string
  readonly taskId: string
  readonly mode: NetworkSpec["mode"]
  readonly state: NetworkState

  /** Of its namespace; undefined is the machine's own. */
  readonly path?: string
}

/** Keeps which namespace belongs to whom; the namespaces themselves are the host's matter. */
export class Networks {
  readonly #host: Host
  readonly #ownNamespace: (instance: string) => boolean
  readonly #records: Records<NetworkRecord>
  readonly #byTask = new ByTask<string>()

  constructor(host: Host, places: Places, ownNamespace: (instance: string) => boolean) {
    this.#host = host
    this.#ownNamespace = ownNamespace
    this.#records = new Records(places.networks)
    for (const [id, record] of this.#records.entries()) this.#byTask.add(record, id)
  }

  async create(spec: NetworkSpec): Promise<NetworkState> {
    const { id, instance, taskId, mode } = spec
    const { path, ...state } = await this.#make(spec)
    const record = { id, instance, taskId, mode, state, ...(path !== undefined && { path }) }
    this.#records.put(id, record)
    this.#byTask.add(record, id)
    return state
  }

  get(id: string): NetworkRecord {
    const record = this.#records.get(id)
    if (record === undefined) throw new EngineError("gone", `network ${id} not found`)
    return record
  }

  find(id: string): NetworkRecord | undefined {
    return this.#records.get(id)
  }

  ofTask(instance: string, taskId: string): readonly string[] {
    return this.#byTask.of(instance, taskId)
  }

  async remove(id: string): Promise<void> {
    // Also without a record: whoever made the namespace may have been killed before it wrote one.
    await this.#host.networks.remove(id)
    const record = this.#records.get(id)
    this.#records.delete(id)
    if (record !== undefined) this.#byTask.delete(record, id)
  }

  async #make(spec: NetworkSpec): Promise<NetworkState & { readonly path?: string }> {
    const { networks } = this.#host
    switch (spec.mode) {
      case "bridge":
        await this.#open(spec.instance)
        return networks.createBridged(spec.id, spec.instance, spec.ports)
      case "none":
        return networks.createEmpty(spec.id)
      case "host": {
        if (!networks.isOpen(spec.instance) && !this.#ownNamespace(spec.instance)) return {}
        await this.#open(spec.instance)
        const path = networks.instancePath(spec.instance)
        return path === undefined ? {} : { path }
      }
      case "given":
        return { path: spec.path }
    }
  }

  /** To know how, its settings are read, which is for once and not for every task. */
  async #open(instance: string): Promise<void> {
    const { networks } = this.#host
    if (!networks.isOpen(instance)) await networks.openInstance(instance, { own: this.#ownNamespace(instance) })
  }
}
