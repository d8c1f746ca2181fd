import type { World } from "../../../world/world.ts"
import { type Region, RegionError } from "../../region.ts"

export interface PollEndpoints {
  readonly acs: string
  readonly tcs: string
}

/** Where the region takes agents' websockets. Asked about twice a day, or when nobody is there; an old answer is better than none. */
export class DiscoveredEndpoints {
  readonly #world: Pick<World, "monotonic">
  readonly #region: Pick<Region, "call">
  readonly #request: object
  #known: PollEndpoints | undefined
  #until = Number.NEGATIVE_INFINITY

  constructor(
    world: Pick<World, "monotonic">,
    region: Pick<Region, "call">,
    { cluster, containerInstanceArn }: { readonly cluster: string; readonly containerInstanceArn: string },
  ) {
    this.#world = world
    this.#region = region
    this.#request = { cluster, containerInstance: containerInstanceArn, zoneId: "" }
  }

  /** What was answered led nowhere: whoever asks next asks the region anew. */
  doubt(): void {
    this.#until = Number.NEGATIVE_INFINITY
  }

  async get(): Promise<PollEndpoints> {
    if (this.#known !== undefined && this.#world.monotonic() < this.#until) return this.#known
    try {
      const answer = await this.#region.call("ecs", "DiscoverPollEndpoint", this.#request)
      const { endpoint, telemetryEndpoint } = answer
      if (typeof endpoint !== "string" || typeof telemetryEndpoint !== "string") {
        throw new RegionError("Unreadable", 200, "The region did not say where agents connect.")
      }
      this.#known = { acs: endpoint, tcs: telemetryEndpoint }
      this.#until = this.#world.monotonic() + KEPT_MS
    } catch (error) {
      if (this.#known === undefined) throw error
    }
    return this.#known
  }
}

const KEPT_MS = 12 * 60 * 60_000
