import type { Server } from "node:net"
import type { World } from "../../world/world.ts"
import { type Dial, Forwarder } from "../endpoints/forward.ts"
import { listenOn } from "../linux/listen-on.ts"
import type { Names } from "../linux/names.ts"
import type { NamespaceThread } from "../linux/namespaces/thread.ts"

export interface VpcEndpointsParts {
  readonly world: Pick<World, "log">
  readonly thread: NamespaceThread
  readonly names: Names
}

/**
 * The interfaces of VPC endpoints: each machine that has a part in their VPC has them too, and whoever connects to one is
 * connected to the region.
 */
export class VpcEndpoints {
  readonly #parts: VpcEndpointsParts
  readonly #dial: (interfaceId: string) => ReturnType<Dial>
  readonly #open = new Map<string, OpenEndpoint>()

  constructor(parts: VpcEndpointsParts, dial: (interfaceId: string) => ReturnType<Dial>) {
    this.#parts = parts
    this.#dial = dial
  }

  /** A socket holds its namespace: before an interface goes, those in it are closed. */
  closeOthers(wanted: EndpointAddresses): void {
    for (const [id, { address, server, forwarder }] of this.#open) {
      if (wanted.get(id) === address) continue
      this.#open.delete(id)
      server.close()
      forwarder.close()
    }
  }

  /** In namespaces that are there. */
  async open(wanted: EndpointAddresses): Promise<void> {
    for (const [id, address] of wanted) if (!this.#open.has(id)) await this.#openOne(id, address)
  }

  close(): void {
    this.closeOthers(new Map())
  }

  async #openOne(id: string, address: string): Promise<void> {
    const { world, thread, names } = this.#parts
    try {
      const forwarder = new Forwarder(world, () => this.#dial(id))
      const fd = await thread.run("openSocket", { path: names.elasticPath(id), kind: "stream", address, port: PORT })
      const server = await listenOn(fd, (socket) => void forwarder.connected(socket))
      this.#open.set(id, { address, server, forwarder })
    } catch (error) {
      world.log.warn("an endpoint of a VPC could not be opened", { id, address, error })
    }
  }
}

/** By interface. */
export type EndpointAddresses = ReadonlyMap<string, string>

interface OpenEndpoint {
  readonly address: string
  readonly server: Server
  readonly forwarder: Forwarder
}

/** Tasks speak plain HTTP to their own machine, which speaks TLS to the region. */
const PORT = 80
