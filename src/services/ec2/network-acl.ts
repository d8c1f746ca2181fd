import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../aws/filters.ts"
import type { Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { inVpc } from "./conditions.ts"
import { described } from "./describe.ts"
import { fault, inUse, invalidValue } from "./fault.ts"
import { newId } from "./ids.ts"
import { accountIn } from "./maker.ts"
import { shownEntries } from "./network-acl/entries.ts"
import { once } from "./once.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { find, networkAclKind, remove, vpcKind } from "./resource.ts"
import { type NetworkAcl, networkAcls, subnets, vpcs } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"

export const networkAclOperations = {
  CreateNetworkAcl(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "network-acl")
    permitMaking(call, input, networkAclKind, tags, [`vpc/${input.VpcId}`], () => inVpc(call, input.VpcId))
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    const [id] = once(call, input, () => {
      const acl: NetworkAcl = { id: newId(call.random, "acl"), vpcId: vpc.id, isDefault: false, entries: [] }
      call.tx.put(networkAcls, acl)
      putTags(call.tx, "network-acl", acl.id, tags)
      return [acl.id]
    })
    return { NetworkAcl: describe(call.tx, find(call.tx, networkAclKind, id!)), ClientToken: input.ClientToken }
  },

  DescribeNetworkAcls(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: networkAclKind,
      ids: [input.NetworkAclIds, "NetworkAclIds"],
      fields: fields(call.tx),
      indexed: { "vpc-id": "vpc" },
      show: (acl) => describe(call.tx, acl),
    })
    return { NetworkAcls: shown, NextToken }
  },

  DeleteNetworkAcl(call, input) {
    const acl = permitted(call, input, networkAclKind, input.NetworkAclId!)
    if (acl.isDefault) throw invalidValue(`cannot delete default network ACL ${acl.id}`)
    if (call.tx.some(subnets, "networkAcl", acl.id)) throw inUse("networkAcl", acl.id)
    remove(call.tx, networkAclKind, acl.id)
    return {}
  },

  ReplaceNetworkAclAssociation(call, input) {
    const [subnet] = call.tx.where(subnets, "networkAclAssociation", input.AssociationId!)
    permit(call, input, [`network-acl/${input.NetworkAclId}`, `subnet/${subnet?.id ?? "*"}`])
    if (subnet === undefined) {
      throw fault("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId}' does not exist`)
    }
    const acl = find(call.tx, networkAclKind, input.NetworkAclId!)
    if (acl.vpcId !== subnet.vpcId) {
      throw invalidValue(`network ACL ${acl.id} and subnet ${subnet.id} belong to different networks`)
    }
    const networkAclAssociationId = newId(call.random, "aclassoc")
    call.tx.put(subnets, { ...subnet, networkAclId: acl.id, networkAclAssociationId })
    return { NewAssociationId: networkAclAssociationId }
  },
} satisfies Operations<typeof sdk>

function describe(tx: Tx, acl: NetworkAcl): sdk.NetworkAcl {
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpcId,
    OwnerId: accountIn(tx),
    IsDefault: acl.isDefault,
    Entries: shownEntries(acl.entries, tx.mustGet(vpcs, acl.vpcId).ipv6CidrBlocks.length > 0),
    Associations: tx.list(subnets, { where: ["networkAcl", acl.id] }).map((subnet) => ({
      NetworkAclAssociationId: subnet.networkAclAssociationId,
      NetworkAclId: acl.id,
      SubnetId: subnet.id,
    })),
    Tags: shownTags(tx, acl.id),
  }
}

function fields(tx: Tx): FilterFields<NetworkAcl> {
  const subnetsOf = (acl: NetworkAcl) => tx.where(subnets, "networkAcl", acl.id)
  const entries = (value: (entry: sdk.NetworkAclEntry) => string | number | boolean | undefined) => (acl: NetworkAcl) =>
    describe(tx, acl).Entries!.flatMap((entry) => {
      const found = value(entry)
      return found === undefined ? [] : String(found)
    })
  return {
    "association.association-id": (acl) => subnetsOf(acl).map((subnet) => subnet.networkAclAssociationId),
    "association.network-acl-id": ({ id }) => id,
    "association.subnet-id": (acl) => subnetsOf(acl).map(({ id }) => id),
    default: ({ isDefault }) => isDefault,
    "entry.cidr": entries(({ CidrBlock }) => CidrBlock),
    "entry.egress": entries(({ Egress }) => Egress),
    "entry.icmp.code": entries(({ IcmpTypeCode }) => IcmpTypeCode?.Code),
    "entry.icmp.type": entries(({ IcmpTypeCode }) => IcmpTypeCode?.Type),
    "entry.ipv6-cidr": entries(({ Ipv6CidrBlock }) => Ipv6CidrBlock),
    "entry.port-range.from": entries(({ PortRange }) => PortRange?.From),
    "entry.port-range.to": entries(({ PortRange }) => PortRange?.To),
    "entry.protocol": entries(({ Protocol }) => Protocol),
    "entry.rule-action": entries(({ RuleAction }) => RuleAction),
    "entry.rule-number": entries(({ RuleNumber }) => RuleNumber),
    "network-acl-id": ({ id }) => id,
    "owner-id": () => accountIn(tx),
    "vpc-id": ({ vpcId }) => vpcId,
  }
}
