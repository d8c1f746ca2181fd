import type { Maker } from "../maker.ts"
import { macAddresses } from "../tables.ts"

/** A hardware address that no interface in the installation has: of one machine, and given out by nobody who makes them. */
export function allocateMac({ tx, random }: Maker): string {
  const { installation } = tx.anywhere
  for (;;) {
    const bytes = random.bytes(6)
    bytes[0] = 0x0e
    const address = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":")
    if (installation.get(macAddresses, address) !== undefined) continue
    installation.put(macAddresses, { address })
    return address
  }
}
