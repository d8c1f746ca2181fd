import type { Tx } from "../../../store/transaction.ts"
import { addressAt, formatCidr, knownCidr, overlaps, parseCidr, sizeOf } from "../cidr.ts"
import { fault } from "../fault.ts"
import { accountIn, type Maker, regionIn } from "../maker.ts"
import { publicAddresses, publicRanges } from "../tables.ts"

/** Set aside for tests of networks: nobody on the internet has it, until the operator names a range of their own. */
const RANGE_AT_FIRST = "198.18.0.0/15"

/** Blocks of which no address is anyone's: of this network, this machine, this link, of many, and of nobody. */
const NOBODYS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map(knownCidr)

/**
 * Where public addresses come from, from now on; those that are given out stay with who has them. False for what is no
 * IPv4 block, or one that nobody can have an address of.
 */
export function setPublicRange({ anywhere }: Tx, cidr: string): boolean {
  const block = parseCidr(cidr)
  if (block?.family !== 4 || NOBODYS.some((nobodys) => overlaps(nobodys, block))) return false
  anywhere.installation.put(publicRanges, { key: "public-range", cidr: formatCidr(block) })
  return true
}

/** The range that the operator has named: its addresses lead to the installation's machines, and may be seen outside. */
export function operatorsRange({ anywhere }: Tx): string | undefined {
  return anywhere.installation.get(publicRanges, "public-range")?.cidr
}

export function publicRange(tx: Tx): string {
  return operatorsRange(tx) ?? RANGE_AT_FIRST
}

/** A public address that nobody in the installation has. */
export function allocatePublicAddress({ tx, random }: Maker): string {
  const { installation } = tx.anywhere
  const block = knownCidr(publicRange(tx))
  const size = Number(sizeOf(block))
  // All but a block's first and last address, which mean the block itself.
  const [least, count] = size > 2 ? [1, size - 2] : [0, size]
  const start = random.below(count)
  for (let step = 0; step < Math.min(count, STEPS_MAX); step++) {
    const address = addressAt(block, least + ((start + step) % count))
    if (installation.get(publicAddresses, address) !== undefined) continue
    installation.put(publicAddresses, { address, account: accountIn(tx), region: regionIn(tx) })
    return address
  }
  throw fault("InsufficientAddressCapacity", "Not enough capacity to fulfill your request for an Elastic IP address.")
}

export function releasePublicAddress({ anywhere }: Tx, address: string): void {
  anywhere.installation.delete(publicAddresses, address)
}

/** Nobody has a range so full, and so large, that no free address follows within so many. */
const STEPS_MAX = 65_536
