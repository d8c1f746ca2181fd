import type { World } from "../world/world.ts"

/** So many at once, and so many a second after that. */
const BURST = 100
const PER_SECOND = 20

/** The addresses that are remembered. Who has more than that could as well ask from many machines. */
const ADDRESSES_MAX = 4096

/** Keeps what callers without a key may ask within bounds, for each address that they come from. */
export class AddressRate {
  readonly #world: Pick<World, "monotonic">
  readonly #byAddress = new Map<string, { left: number; at: number }>()

  constructor(world: Pick<World, "monotonic">) {
    this.#world = world
  }

  admit(sourceIp = ""): boolean {
    const address = networkOf(sourceIp)
    const now = this.#world.monotonic()
    const known = this.#byAddress.get(address) ?? { left: BURST, at: now }
    const left = Math.min(BURST, known.left + ((now - known.at) * PER_SECOND) / 1000)
    // The addresses that have asked of late stand at the end.
    this.#byAddress.delete(address)
    this.#byAddress.set(address, { left: left < 1 ? left : left - 1, at: now })
    if (this.#byAddress.size > ADDRESSES_MAX) this.#forgetOldest()
    return left >= 1
  }

  #forgetOldest(): void {
    for (const oldest of this.#byAddress.keys()) {
      this.#byAddress.delete(oldest)
      return
    }
  }
}

const GROUPS = 8
const NETWORK_GROUPS = 4

/** Of version 6 whoever has one address has all that begin with the same half. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address
  const groupsOf = (text: string) => (text === "" ? [] : text.split(":"))
  const [before = "", after] = address.split("::")
  const first = groupsOf(before)
  const last = groupsOf(after ?? "")
  const between = Array<string>(Math.max(0, GROUPS - first.length - last.length)).fill("0")
  return [...first, ...between, ...last].slice(0, NETWORK_GROUPS).join(":")
}
