import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import { inVpc } from "./conditions.ts"
import { DEFAULT_SUBNET_PREFIX, defaultVpc } from "./default-network.ts"
import { described } from "./describe.ts"
import { fault, inUse, missing } from "./fault.ts"
import { permitMaking, permitted } from "./permit.ts"
import { find, flowLogKind, remove, subnetKind, vpcKind } from "./resource.ts"
import { checkSubnetCidr, checkSubnetIpv6Cidr, freeCidr } from "./subnet/cidr-block.ts"
import { describeSubnet, subnetFields } from "./subnet/describe.ts"
import { makeSubnet } from "./subnet/make.ts"
import { checkedZone, emptiestZone } from "./subnet/zone.ts"
import { flowLogs, natGateways, networkInterfaces, routeTableAssociations, subnets, vpcEndpoints } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const subnetOperations = {
  CreateSubnet(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "subnet")
    permitMaking(call, input, subnetKind, tags, [`vpc/${input.VpcId}`], () => inVpc(call, input.VpcId))
    refuseUnsupported(input, {
      OutpostArn: "Outposts",
      Ipv6Native: "subnets without IPv4",
      Ipv4IpamPoolId: "IPAM",
      Ipv4NetmaskLength: "IPAM",
      Ipv6IpamPoolId: "IPAM",
      Ipv6NetmaskLength: "IPAM",
    })
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    if (input.CidrBlock === undefined) throw missing("cidrBlock")
    const subnet = makeSubnet(call, vpc, {
      cidr: checkSubnetCidr(call.tx, vpc, input.CidrBlock),
      zone: checkedZone(call, input) ?? emptiestZone(call.tx, vpc.id),
      ipv6Cidr: input.Ipv6CidrBlock === undefined ? undefined : checkSubnetIpv6Cidr(call.tx, vpc, input.Ipv6CidrBlock),
    })
    putTags(call.tx, "subnet", subnet.id, tags)
    return { Subnet: describeSubnet(call.tx, subnet) }
  },

  CreateDefaultSubnet(call, input) {
    permitMaking(call, input, subnetKind, [])
    refuseUnsupported(input, { Ipv6Native: "subnets without IPv4" })
    const vpc = defaultVpc(call)
    if (vpc === undefined) {
      throw fault("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
    }
    const zone = checkedZone(call, input)
    if (zone === undefined) throw missing("availabilityZone")
    const present = call.tx.where(subnets, "default", "true").find((subnet) => subnet.zone === zone)
    if (present !== undefined) {
      throw fault(
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        `'${present.id}' is already the default subnet in ${zone}.`,
      )
    }
    const cidr = freeCidr(call.tx, vpc, DEFAULT_SUBNET_PREFIX)
    if (cidr === undefined) {
      throw fault("InvalidSubnet.Range", `There is no /${DEFAULT_SUBNET_PREFIX} left in the default VPC.`)
    }
    const subnet = makeSubnet(call, vpc, { cidr, zone, isDefaultForZone: true })
    return { Subnet: describeSubnet(call.tx, subnet) }
  },

  DescribeSubnets(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: subnetKind,
      ids: [input.SubnetIds, "SubnetIds"],
      fields: subnetFields(call.tx),
      indexed: { "vpc-id": "vpc", "ipv6-cidr-block-association.association-id": "association" },
      show: (subnet) => describeSubnet(call.tx, subnet),
    })
    return { Subnets: shown, NextToken }
  },

  DeleteSubnet(call, input) {
    const { id } = permitted(call, input, subnetKind, input.SubnetId!)
    const { tx } = call
    const isUsed =
      tx.some(networkInterfaces, "subnet", id) ||
      tx.some(vpcEndpoints, "subnet", id) ||
      tx.where(natGateways, "subnet", id).some(({ state }) => state !== "deleted" && state !== "failed")
    if (isUsed) throw inUse("subnet", id)
    for (const association of tx.where(routeTableAssociations, "subnet", id)) {
      tx.delete(routeTableAssociations, association.id)
    }
    for (const flowLog of tx.where(flowLogs, "resource", id)) remove(tx, flowLogKind, flowLog.id)
    remove(tx, subnetKind, id)
    return {}
  },
} satisfies Operations<typeof sdk>
