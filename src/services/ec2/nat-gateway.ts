import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../aws/filters.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { described } from "./describe.ts"
import { fault, invalidCombination, missing } from "./fault.ts"
import { newId } from "./ids.ts"
import { describeNatGateway } from "./nat-gateway/describe.ts"
import { makeInterface } from "./network-interface/make.ts"
import { once } from "./once.ts"
import { permitMaking, permitted } from "./permit.ts"
import { elasticIpKind, find, natGatewayKind, subnetKind } from "./resource.ts"
import { type NatGateway, natGateways, type Subnet } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const natGatewayOperations = {
  CreateNatGateway(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "natgateway")
    const eip = input.AllocationId === undefined ? [] : [`elastic-ip/${input.AllocationId}`]
    permitMaking(call, input, natGatewayKind, tags, [`subnet/${input.SubnetId ?? "*"}`, ...eip])
    refuseUnsupported(input, {
      VpcId: "regional NAT gateways",
      AvailabilityZoneAddresses: "regional NAT gateways",
      SecondaryAllocationIds: "secondary addresses of NAT gateways",
      SecondaryPrivateIpAddresses: "secondary addresses of NAT gateways",
      SecondaryPrivateIpAddressCount: "secondary addresses of NAT gateways",
    })
    if (input.AvailabilityMode === "regional") refuseUnsupported(input, { AvailabilityMode: "regional NAT gateways" })
    if (input.SubnetId === undefined) throw missing("subnetId")
    const subnet = find(call.tx, subnetKind, input.SubnetId)
    const [id] = once(call, input, () => {
      const gateway = makeNatGateway(call, subnet, input)
      putTags(call.tx, "natgateway", gateway.id, tags)
      return [gateway.id]
    })
    const gateway = find(call.tx, natGatewayKind, id!)
    return { NatGateway: describeNatGateway(call.tx, gateway), ClientToken: input.ClientToken }
  },

  DescribeNatGateways(call, input) {
    const { shown, NextToken } = described(
      call,
      { ...input, Filters: input.Filter },
      {
        kind: natGatewayKind,
        ids: [input.NatGatewayIds, "NatGatewayIds"],
        fields,
        indexed: { "vpc-id": "vpc", "subnet-id": "subnet" },
        show: (gateway) => describeNatGateway(call.tx, gateway),
      },
    )
    return { NatGateways: shown, NextToken }
  },

  DeleteNatGateway(call, input) {
    const gateway = permitted(call, input, natGatewayKind, input.NatGatewayId!)
    if (gateway.state === "pending" || gateway.state === "available") {
      call.tx.put(natGateways, { ...gateway, state: "deleting", deletedAt: call.now })
    }
    return { NatGatewayId: gateway.id }
  },
} satisfies Operations<typeof sdk>

/** A gateway has its interface from the start; whether everything else is right is seen while it is pending. */
function makeNatGateway(call: Call, subnet: Subnet, input: sdk.CreateNatGatewayRequest): NatGateway {
  const { ConnectivityType: connectivity = "public", AllocationId } = input
  if (connectivity === "public" && AllocationId === undefined) {
    throw fault(
      "MissingParameter",
      "The request must include the AllocationId parameter. Add the required parameter and retry the request.",
    )
  }
  if (connectivity === "private" && AllocationId !== undefined) {
    throw invalidCombination("The AllocationId parameter cannot be used with a private NAT gateway.")
  }
  if (AllocationId !== undefined) find(call.tx, elasticIpKind, AllocationId)
  const id = newId(call.random, "nat")
  const networkInterface = makeInterface(call, {
    subnet,
    description: `Interface for NAT Gateway ${id}`,
    interfaceType: "nat_gateway",
    requesterId: call.account,
    attachment: { instanceOwnerId: "amazon-aws", deviceIndex: 1 },
    ipv4: [input.PrivateIpAddress],
  })
  const gateway: NatGateway = {
    id,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    connectivity,
    state: "pending",
    failure: undefined,
    allocationId: AllocationId,
    interfaceId: networkInterface.id,
    privateAddress: networkInterface.privateAddresses[0]!,
    publicIp: undefined,
    associationId: undefined,
    createdAt: call.now,
    deletedAt: undefined,
  }
  call.tx.put(natGateways, gateway)
  return gateway
}

const fields: FilterFields<NatGateway> = {
  "connectivity-type": ({ connectivity }) => connectivity,
  "nat-gateway-id": ({ id }) => id,
  state: ({ state }) => state,
  "subnet-id": ({ subnetId }) => subnetId,
  "vpc-id": ({ vpcId }) => vpcId,
}
