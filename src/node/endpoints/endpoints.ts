import type { World } from "../../world/world.ts"
import type { Endpoints } from "../agent/task/surroundings.ts"
import type { Engine } from "../engine/engine.ts"
import { Place } from "./place.ts"
import type { EndpointAgent } from "./tenant.ts"

export interface NodeEndpointsOptions {
  readonly world: World
  readonly engine: Pick<Engine, "serve">
}

/**
 * The addresses that a node serves inside of its tasks' networks: metadata and credentials, and the region. There is one
 * of these for the whole machine, as instances may share the host's network.
 */
export class NodeEndpoints {
  readonly #options: NodeEndpointsOptions
  readonly #places = new Map<string, Place>()

  constructor(options: NodeEndpointsOptions) {
    this.#options = options
  }

  /** For the tasks of one agent. */
  of(agent: EndpointAgent): Endpoints {
    return {
      open: async (task, { networkId }) => {
        const isHost = task.payload.networkMode === "host"
        const key = isHost ? hostOf(agent) : placeOf(agent, networkId)
        let place = this.#places.get(key)
        if (place === undefined) {
          place = new Place(this.#options)
          this.#places.set(key, place)
        }
        try {
          await place.add(networkId, agent, task.arn)
        } catch (error) {
          this.#leaveIfEmpty(key, place)
          throw error
        }
      },
      close: async (networkId) => {
        for (const key of [placeOf(agent, networkId), hostOf(agent)]) {
          const place = this.#places.get(key)
          await place?.remove(networkId)
          if (place !== undefined) this.#leaveIfEmpty(key, place)
        }
      },
    }
  }

  close(): void {
    for (const place of this.#places.values()) place.close()
    this.#places.clear()
  }

  #leaveIfEmpty(key: string, place: Place): void {
    if (!place.isEmpty || this.#places.get(key) !== place) return
    this.#places.delete(key)
    place.close()
  }
}

function placeOf({ instance }: EndpointAgent, networkId: string): string {
  return `${instance} network ${networkId}`
}

/** Networks of the mode `host` are one and the same; whose namespace it is says which. */
function hostOf({ instance, ownNetwork }: EndpointAgent): string {
  return ownNetwork ? `${instance} host` : "host"
}
