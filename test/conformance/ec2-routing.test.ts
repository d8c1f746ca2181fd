import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

async function aVpc() {
  const region = await startWorld()
  const { ec2 } = region
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const SubnetId = (await ec2.createSubnet({ VpcId, CidrBlock: "10.0.1.0/24" })).Subnet!.SubnetId!
  return { ...region, VpcId, SubnetId }
}

test("an internet gateway is made, attached to one VPC at a time, detached and deleted", async () => {
  const { ec2, VpcId } = await aVpc()
  const { InternetGateway } = await ec2.createInternetGateway({
    TagSpecifications: [{ ResourceType: "internet-gateway", Tags: [{ Key: "Name", Value: "out" }] }],
  })
  const InternetGatewayId = InternetGateway!.InternetGatewayId!
  expect(InternetGateway).toMatchObject({ Attachments: [], Tags: [{ Key: "Name", Value: "out" }] })
  await ec2.attachInternetGateway({ InternetGatewayId, VpcId })
  const { InternetGateways } = await ec2.describeInternetGateways({ InternetGatewayIds: [InternetGatewayId] })
  expect(InternetGateways![0]!.Attachments).toEqual([{ State: "available", VpcId }])
  await expect(ec2.attachInternetGateway({ InternetGatewayId, VpcId })).rejects.toMatchObject({
    name: "Resource.AlreadyAssociated",
    message: `resource ${InternetGatewayId} is already attached to network ${VpcId}`,
  })
  const other = (await ec2.createInternetGateway({})).InternetGateway!.InternetGatewayId!
  await expect(ec2.attachInternetGateway({ InternetGatewayId: other, VpcId })).rejects.toMatchObject({
    message: `Network ${VpcId} already has an internet gateway attached`,
  })
  await expect(ec2.deleteInternetGateway({ InternetGatewayId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The internetGateway '${InternetGatewayId}' has dependencies and cannot be deleted.`,
  })
  await ec2.detachInternetGateway({ InternetGatewayId, VpcId })
  await expect(ec2.detachInternetGateway({ InternetGatewayId, VpcId })).rejects.toMatchObject({
    name: "Gateway.NotAttached",
    message: `resource ${InternetGatewayId} is not attached to network ${VpcId}`,
  })
  await ec2.deleteInternetGateway({ InternetGatewayId })
  await expect(ec2.describeInternetGateways({ InternetGatewayIds: [InternetGatewayId] })).rejects.toMatchObject({
    name: "InvalidInternetGatewayID.NotFound",
  })
})

test("a route table is made, given routes, associated, changed, read back and deleted", async () => {
  const { ec2, VpcId, SubnetId } = await aVpc()
  const InternetGatewayId = (await ec2.createInternetGateway({})).InternetGateway!.InternetGatewayId!
  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const RouteTableId = RouteTable!.RouteTableId!
  const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0" }
  await expect(ec2.createRoute({ ...route, GatewayId: InternetGatewayId })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `route table ${RouteTableId} and network gateway ${InternetGatewayId} belong to different networks`,
  })
  await ec2.attachInternetGateway({ InternetGatewayId, VpcId })
  await ec2.createRoute({ ...route, GatewayId: InternetGatewayId })
  await expect(ec2.createRoute({ ...route, GatewayId: InternetGatewayId })).rejects.toMatchObject({
    name: "RouteAlreadyExists",
    message: "The route identified by 0.0.0.0/0 already exists.",
  })
  await expect(
    ec2.createRoute({ RouteTableId, DestinationCidrBlock: "10.0.1.0/24", GatewayId: InternetGatewayId }),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" })
  const { AssociationId } = await ec2.associateRouteTable({ RouteTableId, SubnetId })
  const read = async () => (await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })).RouteTables![0]!
  expect(await read()).toMatchObject({
    VpcId,
    PropagatingVgws: [],
    Associations: [{ Main: false, RouteTableAssociationId: AssociationId, SubnetId }],
    Routes: [
      { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" },
      { DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId, State: "active" },
    ],
  })
  const bySubnet = await ec2.describeRouteTables({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId] }] })
  expect(bySubnet.RouteTables!.map((one) => one.RouteTableId)).toEqual([RouteTableId])

  const eni = (await ec2.createNetworkInterface({ SubnetId })).NetworkInterface!.NetworkInterfaceId!
  await ec2.replaceRoute({ ...route, NetworkInterfaceId: eni })
  await ec2.deleteNetworkInterface({ NetworkInterfaceId: eni })
  expect((await read()).Routes![1]).toMatchObject({ NetworkInterfaceId: eni, State: "blackhole" })
  await expect(
    ec2.replaceRoute({ RouteTableId, DestinationCidrBlock: "192.168.0.0/16", GatewayId: InternetGatewayId }),
  ).rejects.toMatchObject({
    message: "There is no route defined for '192.168.0.0/16' in the route table. Use CreateRoute instead.",
  })
  await ec2.deleteRoute(route)
  await expect(ec2.deleteRoute(route)).rejects.toMatchObject({
    name: "InvalidRoute.NotFound",
    message: `no route with destination-cidr-block 0.0.0.0/0 in route table ${RouteTableId}`,
  })
  await expect(ec2.deleteRoute({ RouteTableId, DestinationCidrBlock: "10.0.0.0/16" })).rejects.toMatchObject({
    message: `cannot remove local route 10.0.0.0/16 in route table ${RouteTableId}`,
  })

  await expect(ec2.deleteRouteTable({ RouteTableId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The routeTable '${RouteTableId}' has dependencies and cannot be deleted.`,
  })
  await ec2.disassociateRouteTable({ AssociationId: AssociationId! })
  await ec2.deleteRouteTable({ RouteTableId })
  await expect(read()).rejects.toMatchObject({ name: "InvalidRouteTableID.NotFound" })
})

test("another route table becomes the main one, and the VPC still goes whole", async () => {
  const { ec2, VpcId, SubnetId } = await aVpc()
  const inVpc = { Filters: [{ Name: "vpc-id", Values: [VpcId] }] }
  const [main] = (await ec2.describeRouteTables(inVpc)).RouteTables!
  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const AssociationId = main!.Associations![0]!.RouteTableAssociationId!
  await expect(ec2.disassociateRouteTable({ AssociationId })).rejects.toMatchObject({ name: "InvalidParameterValue" })
  const { NewAssociationId } = await ec2.replaceRouteTableAssociation({
    AssociationId,
    RouteTableId: RouteTable!.RouteTableId!,
  })
  const mains = await ec2.describeRouteTables({
    Filters: [...inVpc.Filters, { Name: "association.main", Values: ["true"] }],
  })
  expect(mains.RouteTables!.map(({ RouteTableId }) => RouteTableId)).toEqual([RouteTable!.RouteTableId])
  expect(mains.RouteTables![0]!.Associations![0]!.RouteTableAssociationId).toBe(NewAssociationId)

  await ec2.deleteRouteTable({ RouteTableId: main!.RouteTableId! })
  await ec2.deleteSubnet({ SubnetId })
  await ec2.deleteVpc({ VpcId })
  expect((await ec2.describeRouteTables(inVpc)).RouteTables).toEqual([])
})

test("a public NAT gateway comes up, carries a route, and leaves nothing behind", async () => {
  const { ec2, VpcId, SubnetId, world, as } = await aVpc()
  const InternetGatewayId = (await ec2.createInternetGateway({})).InternetGateway!.InternetGatewayId!
  await ec2.attachInternetGateway({ InternetGatewayId, VpcId })
  await expect(ec2.createNatGateway({ SubnetId })).rejects.toMatchObject({ name: "MissingParameter" })
  const { AllocationId, PublicIp } = await ec2.allocateAddress({})
  const { NatGateway } = await ec2.createNatGateway({ SubnetId, AllocationId: AllocationId! })
  const NatGatewayId = NatGateway!.NatGatewayId!
  expect(NatGateway).toMatchObject({ State: "pending", ConnectivityType: "public", VpcId, SubnetId })
  await world.settle()
  // A client of now each time: the clock that others sign by goes wrong when the test moves the world's.
  const read = async () => (await as({}).ec2.describeNatGateways({ NatGatewayIds: [NatGatewayId] })).NatGateways![0]!
  expect(await read()).toMatchObject({
    State: "available",
    NatGatewayAddresses: [{ AllocationId, PublicIp, Status: "succeeded", IsPrimary: true }],
  })
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
    Filters: [{ Name: "subnet-id", Values: [SubnetId] }],
  })
  expect(NetworkInterfaces).toMatchObject([
    { InterfaceType: "nat_gateway", RequesterManaged: true, Description: `Interface for NAT Gateway ${NatGatewayId}` },
  ])
  await expect(ec2.releaseAddress({ AllocationId: AllocationId! })).rejects.toMatchObject({ name: "AuthFailure" })

  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const RouteTableId = RouteTable!.RouteTableId!
  await ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId })
  await expect(ec2.deleteSubnet({ SubnetId })).rejects.toMatchObject({ name: "DependencyViolation" })
  await ec2.deleteNatGateway({ NatGatewayId })
  await world.settle()
  expect(await read()).toMatchObject({ State: "deleted", DeleteTime: expect.any(Date) })
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })
  expect(RouteTables![0]!.Routes![1]).toMatchObject({ NatGatewayId, State: "blackhole" })
  await ec2.releaseAddress({ AllocationId: AllocationId! })
  await ec2.deleteSubnet({ SubnetId })
  await world.advance(61 * 60_000)
  await expect(read()).rejects.toMatchObject({
    name: "NatGatewayNotFound",
    message: `The Nat Gateway ${NatGatewayId} was not found`,
  })
})

test("a NAT gateway without a way out fails and says why", async () => {
  const { ec2, VpcId, SubnetId, world } = await aVpc()
  const { AllocationId } = await ec2.allocateAddress({})
  const { NatGateway } = await ec2.createNatGateway({ SubnetId, AllocationId: AllocationId! })
  await world.settle()
  const { NatGateways } = await ec2.describeNatGateways({ NatGatewayIds: [NatGateway!.NatGatewayId!] })
  expect(NatGateways).toMatchObject([
    {
      State: "failed",
      FailureCode: "Gateway.NotAttached",
      FailureMessage: `Network ${VpcId} has no Internet gateway attached`,
    },
  ])
  await ec2.deleteSubnet({ SubnetId })
  const kept = await ec2.describeNatGateways({ Filter: [{ Name: "state", Values: ["available", "pending"] }] })
  expect(kept.NatGateways).toEqual([])
})

test("a private NAT gateway needs no elastic IP, and an egress-only gateway takes IPv6 routes", async () => {
  const { ec2, VpcId, SubnetId, world } = await aVpc()
  const { NatGateway } = await ec2.createNatGateway({ SubnetId, ConnectivityType: "private" })
  await world.settle()
  const { NatGateways } = await ec2.describeNatGateways({ NatGatewayIds: [NatGateway!.NatGatewayId!] })
  expect(NatGateways).toMatchObject([{ State: "available", ConnectivityType: "private" }])

  const made = await ec2.createEgressOnlyInternetGateway({ VpcId })
  const EgressOnlyInternetGatewayId = made.EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!
  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const RouteTableId = RouteTable!.RouteTableId!
  await ec2.createRoute({ RouteTableId, DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId })
  await expect(
    ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", EgressOnlyInternetGatewayId }),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" })
  const shown = await ec2.describeEgressOnlyInternetGateways({})
  expect(shown.EgressOnlyInternetGateways).toMatchObject([{ Attachments: [{ State: "attached", VpcId }] }])
  expect(await ec2.deleteEgressOnlyInternetGateway({ EgressOnlyInternetGatewayId })).toMatchObject({ ReturnCode: true })
})

test("a network ACL is made, given entries, put in front of a subnet, changed and deleted", async () => {
  const { ec2, VpcId, SubnetId } = await aVpc()
  const { NetworkAcl } = await ec2.createNetworkAcl({ VpcId })
  const NetworkAclId = NetworkAcl!.NetworkAclId!
  expect(NetworkAcl!.Entries).toMatchObject([
    { RuleNumber: 32767, Egress: true, RuleAction: "deny" },
    { RuleNumber: 32767, Egress: false, RuleAction: "deny" },
  ])
  const entry = { NetworkAclId, RuleNumber: 100, Egress: false, Protocol: "6", RuleAction: "allow" as const }
  await ec2.createNetworkAclEntry({ ...entry, CidrBlock: "10.0.0.9/8", PortRange: { From: 80, To: 80 } })
  await expect(
    ec2.createNetworkAclEntry({ ...entry, CidrBlock: "0.0.0.0/0", PortRange: { From: 1, To: 2 } }),
  ).rejects.toMatchObject({
    name: "NetworkAclEntryAlreadyExists",
    message: "The network acl entry identified by 100 already exists.",
  })
  await ec2.createNetworkAclEntry({ ...entry, Egress: true, Protocol: "-1", CidrBlock: "0.0.0.0/0" })
  await ec2.replaceNetworkAclEntry({ ...entry, CidrBlock: "0.0.0.0/0", PortRange: { From: 443, To: 443 } })

  const [present] = (
    await ec2.describeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId] }] })
  ).NetworkAcls!
  const association = present!.Associations!.find((one) => one.SubnetId === SubnetId)!
  const { NewAssociationId } = await ec2.replaceNetworkAclAssociation({
    AssociationId: association.NetworkAclAssociationId!,
    NetworkAclId,
  })
  const read = async () => (await ec2.describeNetworkAcls({ NetworkAclIds: [NetworkAclId] })).NetworkAcls![0]!
  expect(await read()).toMatchObject({
    IsDefault: false,
    Associations: [{ NetworkAclAssociationId: NewAssociationId, NetworkAclId, SubnetId }],
  })
  expect((await read()).Entries).toContainEqual({
    RuleNumber: 100,
    Egress: false,
    Protocol: "6",
    RuleAction: "allow",
    CidrBlock: "0.0.0.0/0",
    PortRange: { From: 443, To: 443 },
  })
  await expect(ec2.deleteNetworkAcl({ NetworkAclId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The networkAcl '${NetworkAclId}' has dependencies and cannot be deleted.`,
  })
  await ec2.replaceNetworkAclAssociation({
    AssociationId: NewAssociationId!,
    NetworkAclId: present!.NetworkAclId!,
  })
  await ec2.deleteNetworkAclEntry({ NetworkAclId, RuleNumber: 100, Egress: false })
  await expect(ec2.deleteNetworkAclEntry({ NetworkAclId, RuleNumber: 100, Egress: false })).rejects.toMatchObject({
    name: "InvalidNetworkAclEntry.NotFound",
  })
  await ec2.deleteNetworkAcl({ NetworkAclId })
  await expect(ec2.deleteNetworkAcl({ NetworkAclId: present!.NetworkAclId! })).rejects.toMatchObject({
    message: `cannot delete default network ACL ${present!.NetworkAclId}`,
  })
})
