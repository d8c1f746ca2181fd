/** Every record that EC2 keeps, by subject. Times are milliseconds since 1970; ids are EC2's own, as in `vpc-0…`. */
import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

export * from "./tables/address.ts"
export * from "./tables/connection.ts"
export * from "./tables/gateway.ts"
export * from "./tables/network-acl.ts"
export * from "./tables/network-interface.ts"
export * from "./tables/route-table.ts"
export * from "./tables/security-group.ts"
export * from "./tables/vpc.ts"

/** The tags of any resource of EC2; without tags there is no record. */
export interface ResourceTags {
  readonly resourceId: string

  /** As in ARNs and filters: `vpc`, `network-interface`. */
  readonly resourceType: string
  readonly tags: readonly Tag[]
}

export const resourceTags = table({
  name: "ec2/resource-tags",
  version: 1,
  key: (tagged: ResourceTags) => tagged.resourceId,
})

/** What a client token has made, so that the same request makes it once. */
export interface ClientToken {
  readonly key: string

  /** Of all that was asked for beside the token. */
  readonly requestDigest: string
  readonly resourceIds: readonly string[]
  readonly usedAt: number
}

const DAY_MS = 24 * 60 * 60 * 1000

export const clientTokens = table({
  name: "ec2/client-tokens",
  version: 1,
  key: (token: ClientToken) => token.key,
  retention: { until: ({ usedAt }) => usedAt + DAY_MS },
})
