import { formatAddress, overlap, type Subnet, sizeOf } from "./ipv4.ts"

/**
 * How the configured pool is carved: into blocks, one for each instance, but for the first block, which is carved again
 * into pairs of addresses for the veths between the host and instances with a namespace of their own.
 */
const BLOCK_PREFIX_LENGTH = 22
const VETH_PREFIX_LENGTH = 30

export interface Carved {
  readonly subnet: Subnet
  readonly veth: Subnet
}

/** The first that meets nothing of what is taken; undefined when there is none. */
export function carve(pool: Subnet, taken: readonly Subnet[]): Carved | undefined {
  const blockSize = 2 ** (32 - BLOCK_PREFIX_LENGTH)
  const vethSize = 2 ** (32 - VETH_PREFIX_LENGTH)
  const blocks = Math.min(sizeOf(pool) / blockSize, blockSize / vethSize)
  for (let block = 1; block < blocks; block++) {
    const subnet = { base: pool.base + block * blockSize, prefixLength: BLOCK_PREFIX_LENGTH }
    const veth = { base: pool.base + block * vethSize, prefixLength: VETH_PREFIX_LENGTH }
    if (![subnet, veth].some((mine) => taken.some((theirs) => overlap(mine, theirs)))) return { subnet, veth }
  }
  return undefined
}

export function addressesOfVeth(veth: Subnet): { readonly host: string; readonly instance: string } {
  return { host: formatAddress(veth.base + 1), instance: formatAddress(veth.base + 2) }
}
