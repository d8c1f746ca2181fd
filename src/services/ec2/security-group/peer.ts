import type * as sdk from "@aws-sdk/client-ec2"
import { regionScope } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import { formatCidr, parseCidr } from "../cidr.ts"
import { fault, invalidValue } from "../fault.ts"
import { accountIn, regionIn } from "../maker.ts"
import { activePeering } from "../peering/find.ts"
import { checkPrefixList } from "../prefix-list/find.ts"
import { find, securityGroupKind } from "../resource.ts"
import { type RulePeer, type SecurityGroup, securityGroups } from "../tables.ts"

/** One whom a rule lets in or out, with what the caller says of it. */
export interface DescribedPeer {
  readonly peer: RulePeer
  readonly description: string | undefined
}

export function cidrPeer(text: string | undefined, family: 4 | 6): RulePeer {
  const cidr = parseCidr(text ?? "")
  if (cidr === undefined || cidr.family !== family) throw invalidValue(`CIDR block ${text ?? ""} is malformed`)
  return { kind: family === 4 ? "ipv4" : "ipv6", cidr: formatCidr(cidr) }
}

export function prefixListPeer(tx: Tx, id = ""): RulePeer {
  checkPrefixList(tx, id)
  return { kind: "prefixList", id }
}

/** A group of the same VPC, or of one that is peered with it, whoever that belongs to. */
export function groupPeer(tx: Tx, group: SecurityGroup, pair: sdk.UserIdGroupPair): RulePeer {
  const { UserId: account = accountIn(tx), GroupId, GroupName } = pair
  const theirs = account === accountIn(tx) ? tx : tx.anywhere.in(regionScope(account, regionIn(tx)))
  const other = GroupId === undefined ? groupNamed(theirs, group.vpcId, GroupName) : findReferenced(theirs, GroupId)
  if (other.vpcId === group.vpcId) return { kind: "group", id: other.id, account }
  const peering = activePeering(tx, group.vpcId, other.vpcId)
  if (peering === undefined) {
    throw fault("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
  }
  return { kind: "group", id: other.id, account, peeringId: peering.id }
}

function findReferenced(theirs: Tx, groupId: string): SecurityGroup {
  return find(theirs, securityGroupKind, groupId)
}

function groupNamed(tx: Tx, vpcId: string, name = ""): SecurityGroup {
  const [group] = tx.where(securityGroups, "vpcAndName", `${vpcId} ${name}`)
  if (group === undefined) {
    throw fault("InvalidGroup.NotFound", `The security group '${name}' does not exist in VPC '${vpcId}'`)
  }
  return group
}
