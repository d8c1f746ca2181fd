import type { AgentState } from "../../node/agent/records.ts"
import type { Fabric } from "../../node/agent/task/surroundings.ts"
import type { Dial } from "../../node/endpoints/forward.ts"
import type { NodeFabric } from "../../node/fabric/fabric.ts"
import { FabricLink } from "../../node/fabric-link/fabric-link.ts"
import type { Region } from "../../node/region.ts"
import type { World } from "../../world/world.ts"
import type { Underlay } from "./underlay.ts"

export interface InterfacesOptions {
  readonly world: World
  readonly fabric: NodeFabric
  readonly region: Region
  readonly state: Pick<AgentState, "identity">
  readonly underlay: Pick<Underlay, "address">

  /** To the region, for what tasks say to endpoints of their VPCs. */
  readonly dial: Dial
}

/** The interfaces of one instance's tasks: the machine's fabric, as it is told by this instance's region. */
export class Interfaces implements Fabric {
  readonly #options: InterfacesOptions
  #link: FabricLink | undefined

  constructor(options: InterfacesOptions) {
    this.#options = options
  }

  /** What was there before is there again, also while the region is away. */
  async begin(): Promise<void> {
    const { fabric, state, dial } = this.#options
    if (state.identity !== undefined) await fabric.host(state.identity.containerInstanceArn, dial)
  }

  /** Goes on as the region says, which has taken the instance in. */
  async follow(instanceArn: string): Promise<void> {
    const { world, fabric, region, underlay, dial } = this.#options
    await fabric.host(instanceArn, dial)
    this.#link = new FabricLink({
      world,
      region,
      fabric,
      stream: instanceArn,
      instanceArn,
      get underlayAddress() {
        return underlay.address
      },
    })
    this.#link.start()
  }

  attach(...request: Parameters<Fabric["attach"]>): Promise<void> {
    return this.#own().attach(...request)
  }

  namespace(...request: Parameters<Fabric["namespace"]>): Promise<string> {
    return this.#own().namespace(...request)
  }

  detach(taskArn: string): Promise<void> {
    return this.#own().detach(taskArn)
  }

  /** What is in the kernel stays. */
  close(): void {
    this.#link?.stop()
  }

  /** The instance leaves this machine, and its interfaces with it. */
  async leave(): Promise<void> {
    const { fabric, state } = this.#options
    const { identity } = state
    this.close()
    if (identity === undefined) return
    await fabric.unhost(identity.containerInstanceArn)
    await fabric.forget(identity.containerInstanceArn)
  }

  #own(): Fabric {
    const { fabric, state } = this.#options
    if (state.identity === undefined) throw new Error("the region has not taken this instance in yet")
    return fabric.of(state.identity.containerInstanceArn)
  }
}
