import type { AnyTable } from "../../../store/table.ts"
import { type Derived, view } from "../../../store/view.ts"
import { type PrivateAddress, privateAddresses } from "../tables.ts"
import { Places } from "./places.ts"

/** A subnet is a /16 at most. */
const PLACES_MAX = 65_536

interface SubnetUse {
  /** Taken by an interface, or resting. */
  readonly places: Places
  inUse: number
}

/** Which IPv4 addresses of each subnet are free, found without looking at those that are not. */
class AddressUse implements Derived {
  readonly #subnets = new Map<string, SubnetUse>()

  changed(_: AnyTable, before: object | undefined, after: object | undefined): void {
    this.#count(before as PrivateAddress | undefined, after as PrivateAddress | undefined)
  }

  /** The first address that is neither used nor resting and not before `from`. */
  nextFree(subnetId: string, from: number): number {
    return this.#subnets.get(subnetId)?.places.nextFree(from) ?? from
  }

  /** Those that rest do not count: they can be had, only not first. */
  inUse(subnetId: string): number {
    return this.#subnets.get(subnetId)?.inUse ?? 0
  }

  #count(before: PrivateAddress | undefined, after: PrivateAddress | undefined): void {
    const { subnetId, offset } = (before ?? after)!
    if (offset === undefined) return
    const use = this.#subnets.get(subnetId) ?? { places: new Places(PLACES_MAX), inUse: 0 }
    this.#subnets.set(subnetId, use)
    if (before === undefined) use.places.take(offset)
    if (after === undefined) use.places.free(offset)
    use.inUse += Number(after?.interfaceId !== undefined) - Number(before?.interfaceId !== undefined)
    if (use.places.taken === 0) this.#subnets.delete(subnetId)
  }
}

export const addressUse = view({
  name: "ec2/address-use",
  tables: [privateAddresses],
  create: () => new AddressUse(),
})
