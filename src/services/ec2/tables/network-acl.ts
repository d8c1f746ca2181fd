import { table } from "../../../store/table.ts"

/** Behind the entries stands, in each direction, one that denies all the rest; it is not kept, as it never changes. */
export interface NetworkAcl {
  readonly id: string
  readonly vpcId: string
  readonly isDefault: boolean
  readonly entries: readonly NetworkAclEntry[]
}

/** In each direction a rule number is there once; the lowest that matches decides. */
export interface NetworkAclEntry {
  readonly ruleNumber: number
  readonly isEgress: boolean
  readonly action: "allow" | "deny"

  /** A number in text, `-1` for all. */
  readonly protocol: string
  readonly cidr: string
  readonly portRange: { readonly from: number; readonly to: number } | undefined
  readonly icmp: { readonly type: number; readonly code: number } | undefined
}

export const networkAcls = table({
  name: "ec2/network-acls",
  version: 1,
  key: (acl: NetworkAcl) => acl.id,
  indexes: { vpc: ({ vpcId }) => vpcId },
})
