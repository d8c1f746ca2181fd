import type { Cancel, World } from "../../world/world.ts"
import { Allowance } from "./allowance.ts"
import type { NodeEndpointsOptions } from "./endpoints.ts"
import { Forwarder } from "./forward.ts"
import { handleEndpoint } from "./handler.ts"
import type { EndpointResponse } from "./message.ts"
import { EndpointServer } from "./server.ts"
import type { EndpointAgent, Tenant } from "./tenant.ts"

/** Where connections come from that cannot be told apart any further: a network, or all that are the host's. */
export class Place {
  readonly #engine: NodeEndpointsOptions["engine"]
  readonly #networks = new Map<string, { readonly agent: EndpointAgent; readonly taskArn: string }>()
  readonly #server: EndpointServer
  readonly #forwarder: Forwarder
  #stopped: Promise<void> = Promise.resolve()
  #served: { readonly networkId: string; readonly cancels: Promise<readonly Cancel[]> } | undefined

  constructor({ world, engine }: NodeEndpointsOptions) {
    this.#engine = engine
    this.#server = serverOf(world, () => this.#tenants())
    // Of several agents in one place the first one's region stands for all.
    this.#forwarder = new Forwarder(world, () => {
      const [first] = this.#networks.values()
      return first === undefined ? Promise.reject(new Error("no task is here")) : first.agent.dial()
    })
  }

  get isEmpty(): boolean {
    return this.#networks.size === 0
  }

  /** Resolves when both addresses can be reached from the network. */
  async add(networkId: string, agent: EndpointAgent, taskArn: string): Promise<void> {
    this.#networks.set(networkId, { agent, taskArn })
    this.#served ??= { networkId, cancels: this.#serve(networkId) }
    try {
      await this.#served.cancels
    } catch (error) {
      this.#served = undefined
      this.#networks.delete(networkId)
      throw error
    }
  }

  /** What is served for several networks stays with the others. */
  async remove(networkId: string): Promise<void> {
    if (!this.#networks.delete(networkId) || this.#served?.networkId !== networkId) return
    await this.#stop()
    const [next] = this.#networks.keys()
    if (next === undefined || this.#served !== undefined) return
    const cancels = this.#serve(next)
    this.#served = { networkId: next, cancels }
    await cancels.catch(() => {
      this.#served = undefined
    })
  }

  close(): void {
    void this.#stop()
    this.#server.close()
    this.#forwarder.close()
  }

  #stop(): Promise<void> {
    const cancels = this.#served?.cancels.catch(() => []) ?? []
    this.#served = undefined
    this.#stopped = Promise.all([cancels, this.#stopped]).then(([cancels]) => {
      for (const cancel of cancels) cancel()
    })
    return this.#stopped
  }

  async #serve(networkId: string): Promise<readonly Cancel[]> {
    // Two networks of the host are one place, where nobody listens twice.
    await this.#stopped
    const outcomes = await Promise.allSettled([
      this.#engine.serve(networkId, TASK_ADDRESS, PORT, (socket) => this.#server.connected(socket)),
      this.#engine.serve(networkId, REGION_ADDRESS, PORT, (socket) => void this.#forwarder.connected(socket)),
    ])
    const cancels = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []))
    const failed = outcomes.find((outcome) => outcome.status === "rejected")
    if (failed === undefined) return cancels
    for (const cancel of cancels) cancel()
    throw failed.reason
  }

  #tenants(): readonly Tenant[] {
    const tenants = new Map<string, Tenant>()
    for (const { agent, taskArn } of this.#networks.values()) {
      const task = agent.tasks.get(taskArn)
      if (task !== undefined) tenants.set(taskArn, { agent, task })
    }
    return [...tenants.values()]
  }
}

/** A place has its own allowance: no task can take the answers of another away. */
function serverOf(world: World, scope: () => readonly Tenant[]): EndpointServer {
  const allowance = new Allowance(world.monotonic(), RATE)
  return new EndpointServer(world, (request) =>
    allowance.take(world.monotonic()) ? handleEndpoint(request, scope, world) : TOO_MANY,
  )
}

/** Where containers look for their agent, and for the region. */
export const TASK_ADDRESS = "169.254.170.2"
export const REGION_ADDRESS = "169.254.170.3"
const PORT = 80

const RATE = { perSecond: 40, burst: 60 }
const TOO_MANY: EndpointResponse = { status: 429, text: "You have reached maximum request limit." }
