import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Cancel } from "../../../world/world.ts"
import type { HostNetworks } from "../../linux/host.ts"
import { EngineError } from "../engine-error.ts"
import { listenOnLink } from "./link-listener.ts"
import type { Networks } from "./networks.ts"

/**
 * What is served inside of networks. Docker's namespaces are its own, so the address is on what is Docker's host. It is
 * heard there by one listener for each instance's bridge, which knows who connects by the address it comes from, and
 * by one on the loopback for the tasks in the host's network.
 */
export class Serving {
  readonly #host: HostNetworks | undefined
  readonly #namespace: string | undefined
  readonly #networks: Networks
  readonly #places = new Map<string, Place>()

  constructor(host: HostNetworks | undefined, namespace: string | undefined, networks: Networks) {
    this.#host = host
    this.#namespace = namespace
    this.#networks = networks
  }

  async serve(networkId: string, address: string, port: number, connected: (socket: Duplex) => void): Promise<Cancel> {
    const { spec } = this.#networks.get(networkId) ?? {}
    if (spec === undefined) throw new EngineError("gone", `No such network: ${networkId}`)
    // Nobody can come from there.
    if (spec.mode === "none") return () => {}
    if (this.#host === undefined) {
      throw new EngineError(
        "invalid",
        "Docker does not run on this machine itself, so nothing can be served inside of it.",
      )
    }
    // The address itself comes with the listener on the loopback.
    const loopback = await this.#open(undefined, address, port)
    const link = spec.mode === "bridge" ? this.#networks.linkOf(spec.instance) : undefined
    const place = link === undefined ? loopback : await this.#open(link, address, port)
    place.served.set(networkId, connected)
    return () => {
      if (place.served.get(networkId) !== connected) return
      place.served.delete(networkId)
      if (link !== undefined && place.served.size === 0) this.#close(placeName(link, address, port))
    }
  }

  /** A network is gone, and nobody else may be answered in its place. */
  forget(networkId: string): void {
    for (const [name, { served, isLoopback }] of this.#places) {
      served.delete(networkId)
      if (!isLoopback && served.size === 0) this.#close(name)
    }
  }

  close(): void {
    for (const name of [...this.#places.keys()]) this.#close(name)
  }

  async #open(link: string | undefined, address: string, port: number): Promise<Place> {
    const name = placeName(link, address, port)
    const known = this.#places.get(name)
    if (known !== undefined) {
      await known.listening
      return known
    }
    const served: Place["served"] = new Map()
    const accept = (socket: Duplex) => {
      const from = (socket as Socket).remoteAddress
      const networkId = link === undefined ? this.#onHost(served) : from && this.#networks.byAddress(from)
      const connected = networkId && served.get(networkId)
      if (connected) connected(socket)
      else socket.destroy()
    }
    const listening =
      link === undefined
        ? this.#host!.serve(this.#namespace, address, port, accept)
        : listenOnLink(this.#namespace, link, address, port, accept)
    const place = { served, listening, isLoopback: link === undefined }
    this.#places.set(name, place)
    listening.catch(() => this.#places.delete(name))
    await listening
    return place
  }

  #close(name: string): void {
    const place = this.#places.get(name)
    this.#places.delete(name)
    void place?.listening.then(
      (stop) => stop(),
      () => {},
    )
  }

  /** Tasks in the host's network cannot be told apart, nor from the host; what they ask for has to say who they are. */
  #onHost(served: Place["served"]): string | undefined {
    return [...served.keys()].findLast((id) => this.#networks.get(id)?.spec.mode === "host")
  }
}

interface Place {
  readonly served: Map<string, (socket: Duplex) => void>
  readonly listening: Promise<Cancel>
  readonly isLoopback: boolean
}

function placeName(link: string | undefined, address: string, port: number): string {
  return `${link ?? ""} ${address}:${port}`
}
