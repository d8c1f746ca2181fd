import type { Cancel, World } from "../../world/world.ts"
import type { Names } from "../linux/names.ts"
import type { NamespaceThread } from "../linux/namespaces/thread.ts"
import { refusedConnections } from "./connections.ts"
import type { Desired } from "./plan/desired.ts"
import type { FabricRecords } from "./records.ts"

export interface CuttingParts {
  readonly world: Pick<World, "after" | "log">
  readonly thread: NamespaceThread
  readonly names: Names
}

/**
 * After rules have changed, connections that they do not allow any more are forgotten: those where only the answering side
 * still sends. It happens a moment later and once for many changes, as it looks at every connection.
 */
export class Cutting {
  readonly #parts: CuttingParts
  readonly #vpcIds = new Set<string>()
  #next: Cancel | undefined

  constructor(parts: CuttingParts) {
    this.#parts = parts
  }

  soon(
    vpcIds: Iterable<string>,
    now: () => { readonly desired: Desired | undefined; readonly records: FabricRecords },
  ): void {
    for (const vpcId of vpcIds) this.#vpcIds.add(vpcId)
    if (this.#vpcIds.size === 0) return
    this.#next ??= this.#parts.world.after(PAUSE_MS, () => {
      this.#next = undefined
      const { desired, records } = now()
      const cut = this.#cut(desired, records)
      cut.catch((error) => this.#parts.world.log.warn("connections could not be looked at", { error }))
    })
  }

  close(): void {
    this.#next?.()
    this.#vpcIds.clear()
  }

  async #cut(desired: Desired | undefined, records: FabricRecords): Promise<void> {
    const { thread, names } = this.#parts
    const vpcIds = [...this.#vpcIds]
    this.#vpcIds.clear()
    for (const vpcId of vpcIds) {
      const local = desired?.vpcs.get(vpcId)
      if (local === undefined) continue
      const path = names.routerPath(vpcId)
      const refused = refusedConnections(await thread.run("connections", { path }), local, records)
      const connections = refused.map(({ family, name }) => ({ family, name }))
      if (connections.length > 0) await thread.run("forgetConnections", { path, connections })
    }
  }
}

const PAUSE_MS = 50
