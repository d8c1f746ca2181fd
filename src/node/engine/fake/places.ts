import { type Duplex, duplexPair } from "node:stream"
import { assert } from "../../../base/assert.ts"
import type { Cancel } from "../../../world/world.ts"
import type { NetworkSpec, NetworkState } from "../engine.ts"
import { EngineError } from "../engine-error.ts"

/** The networks of a fake machine, and who serves inside of them. */
export class FakePlaces {
  readonly #networks = new Map<string, { readonly spec: NetworkSpec; readonly state: NetworkState }>()
  readonly #served = new Map<string, (socket: Duplex) => void>()
  #made = 0

  create(spec: NetworkSpec): NetworkState {
    const known = this.#networks.get(spec.id)
    if (known !== undefined) return known.state
    for (const port of portsOf(spec)) {
      if (this.list().some((other) => other.instance === spec.instance && portsOf(other).includes(port))) {
        const [hostPort] = port.split("/")
        throw new EngineError("machine", `Bind for 0.0.0.0:${hostPort} failed: port is already allocated`)
      }
    }
    this.#made += 1
    const state = spec.mode === "bridge" ? bridged(this.#made) : {}
    this.#networks.set(spec.id, { spec, state })
    return state
  }

  has(id: string): boolean {
    return this.#networks.has(id)
  }

  list(): readonly NetworkSpec[] {
    return [...this.#networks.values()].map(({ spec }) => spec)
  }

  remove(id: string): void {
    this.#networks.delete(id)
    for (const place of this.#served.keys()) if (place.startsWith(`${id} `)) this.#served.delete(place)
  }

  clear(): void {
    this.#networks.clear()
    this.#served.clear()
  }

  serve(id: string, address: string, port: number, connected: (socket: Duplex) => void): Cancel {
    const place = placeOf(id, address, port)
    if (this.#served.has(place)) throw new EngineError("invalid", `${address}:${port} is served there already.`)
    this.#served.set(place, connected)
    return () => {
      if (this.#served.get(place) === connected) this.#served.delete(place)
    }
  }

  /** As a container in the network does it; undefined when the connection is refused. */
  connect(id: string, address: string, port: number): Duplex | undefined {
    const connected = this.#served.get(placeOf(id, address, port))
    if (connected === undefined) return undefined
    const [inside, outside] = duplexPair()
    assert(inside !== undefined && outside !== undefined, "a pair has two sides")
    connected(outside)
    return inside
  }
}

function placeOf(id: string, address: string, port: number): string {
  return `${id} ${address} ${port}`
}

function portsOf(spec: NetworkSpec): readonly string[] {
  return spec.mode === "bridge" ? spec.ports.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`) : []
}

/** Addresses are handed out one after the other, as Docker's bridge does it. */
function bridged(count: number): NetworkState {
  const [high, low] = [(count + 1) >> 8, (count + 1) & 0xff]
  const hex = (byte: number) => byte.toString(16).padStart(2, "0")
  return {
    address: `172.17.${high}.${low}`,
    gateway: "172.17.0.1",
    macAddress: `02:42:ac:11:${hex(high)}:${hex(low)}`,
    prefixLength: 16,
  }
}
