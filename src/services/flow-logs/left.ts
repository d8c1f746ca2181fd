import { type ChangeSet, INSTALLATION } from "../../store/changes.ts"
import type { Store } from "../../store/store.ts"
import type { World } from "../../world/world.ts"
import { flowLogs, type NetworkInterface, networkInterfaces } from "../ec2/index.ts"
import { type HostedInterface, hostedInterfaces } from "../fabric/index.ts"
import type { Subject } from "./record.ts"

interface Left extends Subject {
  readonly host: string
  readonly until: number
}

/** Interfaces that went a moment ago: their machine has yet to tell of what passed them last. */
export class LeftInterfaces {
  readonly #world: Pick<World, "monotonic">
  readonly #store: Store

  /** In the order in which they went. */
  readonly #left = new Map<string, Left>()

  constructor({ world, store }: { readonly world: Pick<World, "monotonic">; readonly store: Store }) {
    this.#world = world
    this.#store = store
    store.watch(INSTALLATION, {
      tables: [networkInterfaces, hostedInterfaces],
      snapshot: () => {},
      begin: () => {},
      changed: (set) => this.#changed(set),
    })
  }

  get(interfaceId: string, host: string): Subject | undefined {
    const left = this.#left.get(interfaceId)
    return left?.host === host ? left : undefined
  }

  #changed({ changes }: ChangeSet): void {
    if (this.#store.size(flowLogs) === 0) return
    const hosts = new Map<string, string>()
    for (const { table, before, after } of changes) {
      if (table !== hostedInterfaces || before === undefined || after !== undefined) continue
      const { interfaceId, host } = before as HostedInterface
      hosts.set(interfaceId, host)
    }
    const now = this.#world.monotonic()
    for (const { table, scope, before, after } of changes) {
      if (table !== networkInterfaces || before === undefined || after !== undefined) continue
      const one = before as NetworkInterface
      const host = hosts.get(one.id)
      if (host !== undefined) this.#left.set(one.id, { one, scope, host, until: now + KEPT_MS })
    }
    for (const [id, { until }] of this.#left) {
      if (until > now && this.#left.size <= COUNT_MAX) break
      this.#left.delete(id)
    }
  }
}

/** A machine that was cut off for longer tells of nobody. */
const KEPT_MS = 10 * 60_000
const COUNT_MAX = 10_000
