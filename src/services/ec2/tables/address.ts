import { table } from "../../../store/table.ts"

/** Freed addresses are passed over for so long, as others may still remember who had them. */
export const REST_MS = 60_000

/**
 * A private address that an interface has, or had until a moment ago. One address of a subnet has one record at most,
 * so nobody gets one that another has.
 */
export interface PrivateAddress {
  readonly subnetId: string

  /** As it is written: `172.31.0.5`, `fd00::5`. */
  readonly address: string

  /** How far into the subnet it lies; undefined for IPv6, where there are too many to count. */
  readonly offset: number | undefined

  /** Undefined while the address rests. */
  readonly interfaceId: string | undefined
  readonly freedAt: number | undefined
}

export function privateAddressKey(subnetId: string, address: string): string {
  return `${subnetId} ${address}`
}

export const privateAddresses = table({
  name: "ec2/private-addresses",
  version: 1,
  key: ({ subnetId, address }: PrivateAddress) => privateAddressKey(subnetId, address),
  ordered: {
    /** The addresses of a subnet that rest, those that have rested longest first. */
    resting: ({ subnetId, freedAt, offset }) =>
      freedAt === undefined || offset === undefined ? undefined : `${subnetId} ${String(freedAt).padStart(16, "0")}`,
  },
  retention: { until: ({ freedAt }) => (freedAt === undefined ? undefined : freedAt + REST_MS) },
})

/** An address that the world outside knows; over all accounts and regions each is given out once at a time. */
export interface PublicAddress {
  readonly address: string
  readonly account: string
  readonly region: string
}

export const publicAddresses = table({
  name: "ec2/public-addresses",
  version: 1,
  belongsTo: "installation",
  key: (publicAddress: PublicAddress) => publicAddress.address,
})

/** Where public addresses come from, if not from the range that an installation begins with. */
export interface PublicRange {
  readonly key: "public-range"
  readonly cidr: string
}

export const publicRanges = table({
  name: "ec2/public-ranges",
  version: 1,
  belongsTo: "installation",
  key: (range: PublicRange) => range.key,
})

/** A public address that an account keeps until it gives it back. */
export interface ElasticIp {
  /** As in `eipalloc-0123456789abcdef0`. */
  readonly id: string
  readonly publicIp: string
  readonly association: ElasticIpAssociation | undefined
  readonly createdAt: number
}

export interface ElasticIpAssociation {
  readonly id: string
  readonly interfaceId: string
  readonly privateAddress: string
}

export const elasticIps = table({
  name: "ec2/elastic-ips",
  version: 1,
  key: (elasticIp: ElasticIp) => elasticIp.id,
  indexes: {
    publicIp: (elasticIp) => elasticIp.publicIp,
    association: (elasticIp) => elasticIp.association?.id,
    interface: (elasticIp) => elasticIp.association?.interfaceId,
  },
})
