import { type Subnet, sizeOf } from "./ipv4.ts"

/**
 * The addresses of a subnet. None is given twice. One that was given back rests before it is given again, since someone
 * may still believe that who had it is there: a neighbour's table, a connection, a name's cached answer.
 */
export class AddressPool {
  readonly #subnet: Subnet
  readonly #monotonic: () => number
  readonly #used = new Set<number>()

  /** When they may be given again, the first given back first. */
  readonly #resting = new Map<number, number>()
  #last: number

  /** The first address is the gateway's, and is not given. */
  constructor(subnet: Subnet, monotonic: () => number) {
    this.#subnet = subnet
    this.#monotonic = monotonic
    this.#last = this.gateway
  }

  get gateway(): number {
    return this.#subnet.base + 1
  }

  /** Takes one that something has already. */
  occupy(address: number): void {
    this.#used.add(address)
    this.#last = Math.max(this.#last, address)
  }

  /** Undefined when all are in use. Goes around, so that an address that was given back rests as long as it can. */
  take(): number | undefined {
    const count = sizeOf(this.#subnet) - 3
    const now = this.#monotonic()
    for (let step = 1; step <= count; step++) {
      const address = this.gateway + 1 + ((this.#last - this.gateway - 1 + step + count) % count)
      if (this.#used.has(address) || (this.#resting.get(address) ?? 0) > now) continue
      return this.#give(address)
    }
    // Better one that has not rested enough than none.
    const [restless] = this.#resting.keys()
    return restless === undefined ? undefined : this.#give(restless)
  }

  giveBack(address: number): void {
    if (!this.#used.delete(address)) return
    this.#resting.delete(address)
    this.#resting.set(address, this.#monotonic() + REST_MS)
  }

  #give(address: number): number {
    this.#used.add(address)
    this.#resting.delete(address)
    this.#last = address
    return address
  }
}

/** A connection that a container left open may keep its namespace, with the address, for as long as the kernel tries to end it. */
const REST_MS = 300_000
