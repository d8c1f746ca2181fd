import { formatAddress, overlap, parseSubnet, type Subnet, sizeOf } from "../linux/ipv4.ts"
import { Records } from "../linux/records.ts"
import type { Uplink } from "./plan/desired.ts"

interface UplinkRecord {
  /** VPCs in the order in which they came to this machine. */
  readonly order: number

  /** Of a pair in the pool. */
  readonly pair: number
}

/** The links between the host and routers: which addresses each has is kept, as they may be in use when we start. */
export class Uplinks {
  readonly #records: Records<UplinkRecord>
  readonly #pool: Subnet
  readonly #linkOf: (vpcId: string) => string

  constructor(folder: string, pool: string, linkOf: (vpcId: string) => string) {
    this.#records = new Records(folder)
    this.#pool = parseSubnet(pool)
    this.#linkOf = linkOf
  }

  /** Gives every one of these VPCs a pair that leads nowhere else, while there are some, and takes back the others'. */
  keep(vpcIds: ReadonlySet<string>, taken: readonly Subnet[]): void {
    for (const [vpcId] of [...this.#records.entries()]) if (!vpcIds.has(vpcId)) this.#records.delete(vpcId)
    const all = [...this.#records.entries()].map(([, record]) => record)
    const used = new Set(all.map(({ pair }) => pair))
    let order = Math.max(0, ...all.map((record) => record.order))
    for (const vpcId of vpcIds) {
      if (this.#records.get(vpcId) !== undefined) continue
      const pair = this.#free(used, taken)
      if (pair === undefined) return
      used.add(pair)
      this.#records.put(vpcId, { order: ++order, pair })
    }
  }

  get(): ReadonlyMap<string, Uplink> {
    const inOrder = [...this.#records.entries()].toSorted(([, a], [, b]) => a.order - b.order)
    return new Map(inOrder.map(([vpcId, { pair }]) => [vpcId, this.#uplink(vpcId, pair)]))
  }

  #uplink(vpcId: string, pair: number): Uplink {
    const base = this.#pool.base + pair * 2
    return { hostLink: this.#linkOf(vpcId), hostAddress: formatAddress(base), routerAddress: formatAddress(base + 1) }
  }

  #free(used: ReadonlySet<number>, taken: readonly Subnet[]): number | undefined {
    for (let pair = 0; pair < sizeOf(this.#pool) / 2; pair++) {
      const subnet = { base: this.#pool.base + pair * 2, prefixLength: 31 }
      if (!used.has(pair) && !taken.some((other) => overlap(subnet, other))) return pair
    }
    return undefined
  }
}
