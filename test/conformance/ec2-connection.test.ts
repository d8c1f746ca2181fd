import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

test("two accounts peer their VPCs across regions, route to each other, and part", async () => {
  const region = await startWorld()
  const { ec2, account, world } = region
  const other = region.as({ account: "another", region: "eu-west-1" })
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const PeerVpcId = (await other.ec2.createVpc({ CidrBlock: "10.1.0.0/16" })).Vpc!.VpcId!
  const { VpcPeeringConnection } = await ec2.createVpcPeeringConnection({
    VpcId,
    PeerVpcId,
    PeerOwnerId: other.account,
    PeerRegion: "eu-west-1",
    TagSpecifications: [{ ResourceType: "vpc-peering-connection", Tags: [{ Key: "side", Value: "ours" }] }],
  })
  const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!
  expect(VpcPeeringConnection!.Status!.Code).toBe("initiating-request")
  const read = async ({ ec2: client }: Pick<typeof region, "ec2">) =>
    (await client.describeVpcPeeringConnections({ VpcPeeringConnectionIds: [VpcPeeringConnectionId] }))
      .VpcPeeringConnections![0]!
  expect(await read(region)).toMatchObject({
    Status: { Code: "pending-acceptance", Message: `Pending Acceptance by ${other.account}` },
    RequesterVpcInfo: { OwnerId: account, VpcId, Region: "us-east-1", CidrBlock: "10.0.0.0/16" },
    AccepterVpcInfo: { OwnerId: other.account, VpcId: PeerVpcId, Region: "eu-west-1" },
    ExpirationTime: new Date(world.now() + 7 * 24 * 60 * 60 * 1000),
    Tags: [{ Key: "side", Value: "ours" }],
  })
  expect((await read(region)).AccepterVpcInfo!.CidrBlock).toBeUndefined()
  expect((await read(other)).Tags).toEqual([])
  await expect(ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })).rejects.toMatchObject({
    name: "OperationNotPermitted",
    message: `User (${account}) cannot accept peering ${VpcPeeringConnectionId}`,
  })
  await other.ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
  for (const side of [region, other]) {
    expect(await read(side)).toMatchObject({
      Status: { Code: "active", Message: "Active" },
      AccepterVpcInfo: { CidrBlock: "10.1.0.0/16", PeeringOptions: { AllowDnsResolutionFromRemoteVpc: false } },
    })
  }
  await ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
  await ec2.modifyVpcPeeringConnectionOptions({
    VpcPeeringConnectionId,
    RequesterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: true },
  })
  expect((await read(other)).RequesterVpcInfo!.PeeringOptions!.AllowDnsResolutionFromRemoteVpc).toBe(true)

  const RouteTableId = (await ec2.createRouteTable({ VpcId })).RouteTable!.RouteTableId!
  await ec2.createRoute({ RouteTableId, DestinationCidrBlock: "10.1.0.0/16", VpcPeeringConnectionId })
  await other.ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId })
  expect((await read(region)).Status).toEqual({ Code: "deleted", Message: `Deleted by ${other.account}` })
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })
  expect(RouteTables![0]!.Routes![1]).toMatchObject({ VpcPeeringConnectionId, State: "blackhole" })
  await expect(ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId })).rejects.toMatchObject({
    name: "InvalidStateTransition",
  })
  await world.advance(3 * 60 * 60 * 1000)
  await expect(read(region.as({}))).rejects.toMatchObject({ name: "InvalidVpcPeeringConnectionID.NotFound" })
})

test("a peering request fails where addresses overlap, is rejected, or runs out after a week", async () => {
  const { ec2, world, as } = await startWorld()
  const vpc = async (CidrBlock: string) => (await ec2.createVpc({ CidrBlock })).Vpc!.VpcId!
  const [a, same, b, c] = [
    await vpc("10.0.0.0/16"),
    await vpc("10.0.0.0/16"),
    await vpc("10.1.0.0/16"),
    await vpc("10.2.0.0/16"),
  ]
  const request = async (VpcId: string, PeerVpcId: string) =>
    (await ec2.createVpcPeeringConnection({ VpcId, PeerVpcId })).VpcPeeringConnection!.VpcPeeringConnectionId!
  // A client of now each time: the clock that others sign by goes wrong when the test moves the world's.
  const status = async (id: string) =>
    (await as({}).ec2.describeVpcPeeringConnections({ VpcPeeringConnectionIds: [id] })).VpcPeeringConnections![0]!
      .Status!.Code
  expect(await status(await request(a!, same!))).toBe("failed")
  const rejected = await request(a!, b!)
  await expect(request(b!, a!)).rejects.toMatchObject({ name: "VpcPeeringConnectionAlreadyExists" })
  await ec2.rejectVpcPeeringConnection({ VpcPeeringConnectionId: rejected })
  expect(await status(rejected)).toBe("rejected")
  const late = await request(a!, c!)
  await world.advance(7 * 24 * 60 * 60 * 1000)
  expect(await status(late)).toBe("expired")
})

test("a block that a VPC gets later is told to those it is peered with", async () => {
  const { ec2 } = await startWorld()
  const vpc = async (CidrBlock: string) => (await ec2.createVpc({ CidrBlock })).Vpc!.VpcId!
  const [VpcId, PeerVpcId] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")]
  const made = await ec2.createVpcPeeringConnection({ VpcId, PeerVpcId })
  const VpcPeeringConnectionId = made.VpcPeeringConnection!.VpcPeeringConnectionId!
  await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
  await ec2.associateVpcCidrBlock({ VpcId: PeerVpcId, CidrBlock: "10.5.0.0/16" })
  const { VpcPeeringConnections } = await ec2.describeVpcPeeringConnections({
    VpcPeeringConnectionIds: [VpcPeeringConnectionId],
  })
  expect(VpcPeeringConnections![0]!.AccepterVpcInfo!.CidrBlockSet).toEqual([
    { CidrBlock: "10.1.0.0/16" },
    { CidrBlock: "10.5.0.0/16" },
  ])
})

test("groups of a peered VPC can be named until the connection ends, and are then stale", async () => {
  const region = await startWorld()
  const { ec2 } = region
  const vpc = async (CidrBlock: string) => (await ec2.createVpc({ CidrBlock })).Vpc!.VpcId!
  const [ours, theirs] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")]
  const group = async (VpcId: string) =>
    (await ec2.createSecurityGroup({ VpcId, GroupName: "g", Description: "g" })).GroupId!
  const [web, clients] = [await group(ours), await group(theirs)]
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: clients }] }]
  await expect(ec2.authorizeSecurityGroupIngress({ GroupId: web, IpPermissions })).rejects.toMatchObject({
    name: "InvalidGroup.NotFound",
    message: "You have specified two resources that belong to different networks.",
  })
  const made = await ec2.createVpcPeeringConnection({ VpcId: ours, PeerVpcId: theirs })
  const VpcPeeringConnectionId = made.VpcPeeringConnection!.VpcPeeringConnectionId!
  await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
  await ec2.authorizeSecurityGroupIngress({ GroupId: web, IpPermissions })
  const { SecurityGroupReferenceSet } = await ec2.describeSecurityGroupReferences({ GroupId: [clients] })
  expect(SecurityGroupReferenceSet).toEqual([{ GroupId: clients, ReferencingVpcId: ours, VpcPeeringConnectionId }])
  expect((await ec2.describeStaleSecurityGroups({ VpcId: ours })).StaleSecurityGroupSet).toEqual([])
  await ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId })
  const { StaleSecurityGroupSet } = await ec2.describeStaleSecurityGroups({ VpcId: ours })
  expect(StaleSecurityGroupSet).toMatchObject([{ GroupId: web, StaleIpPermissions: [{ FromPort: 80 }] }])
})

test("an interface endpoint gets an interface in each subnet and names of its own, and changes with its subnets", async () => {
  const { ec2, world } = await startWorld()
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    (await ec2.createSubnet({ VpcId, CidrBlock, AvailabilityZone })).Subnet!.SubnetId!
  const [a, b] = [await subnet("10.0.1.0/24", "us-east-1a"), await subnet("10.0.2.0/24", "us-east-1b")]
  const again = await subnet("10.0.3.0/24", "us-east-1a")
  const GroupId = (await ec2.createSecurityGroup({ VpcId, GroupName: "e", Description: "e" })).GroupId!
  const asked = { VpcId, VpcEndpointType: "Interface" as const, ServiceName: "com.amazonaws.us-east-1.ecs" }
  await expect(ec2.createVpcEndpoint({ ...asked, SubnetIds: [a!] })).rejects.toMatchObject({
    name: "InvalidParameter",
    message: `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${VpcId}`,
  })
  await ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
  await expect(ec2.createVpcEndpoint({ ...asked, SubnetIds: [a!, again] })).rejects.toMatchObject({
    name: "DuplicateSubnetsInSameZone",
  })
  const { VpcEndpoint } = await ec2.createVpcEndpoint({
    ...asked,
    SubnetIds: [a!],
    SecurityGroupIds: [GroupId],
    SubnetConfigurations: [{ SubnetId: a!, Ipv4: "10.0.1.50" }],
  })
  const VpcEndpointId = VpcEndpoint!.VpcEndpointId!
  expect(VpcEndpoint!.State).toBe("pending")
  await world.settle()
  const read = async () => (await ec2.describeVpcEndpoints({ VpcEndpointIds: [VpcEndpointId] })).VpcEndpoints![0]!
  expect(await read()).toMatchObject({
    State: "available",
    VpcEndpointType: "Interface",
    SubnetIds: [a],
    Groups: [{ GroupId, GroupName: "e" }],
    PrivateDnsEnabled: true,
    PolicyDocument: expect.stringContaining("Allow"),
  })
  const names = (await read()).DnsEntries!.map(({ DnsName }) => DnsName!)
  expect(names).toEqual([
    expect.stringMatching(new RegExp(`^${VpcEndpointId}-[0-9a-f]{8}\\.ecs\\.us-east-1\\.vpce\\.amazonaws\\.com$`)),
    expect.stringMatching(/-us-east-1a\.ecs\.us-east-1\.vpce\.amazonaws\.com$/),
    "ecs.us-east-1.amazonaws.com",
  ])
  const addresses = async () =>
    (
      await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: (await read()).NetworkInterfaceIds! })
    ).NetworkInterfaces!.map(({ PrivateIpAddress, InterfaceType }) => [InterfaceType, PrivateIpAddress])
  expect(await addresses()).toEqual([["vpc_endpoint", "10.0.1.50"]])
  await expect(ec2.createVpcEndpoint({ ...asked, SubnetIds: [b!] })).rejects.toMatchObject({
    message: `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ecs.us-east-1.amazonaws.com in the VPC ${VpcId}`,
  })

  await ec2.modifyVpcEndpoint({ VpcEndpointId, AddSubnetIds: [b!], RemoveSubnetIds: [a!], PrivateDnsEnabled: false })
  expect(await read()).toMatchObject({ SubnetIds: [b], PrivateDnsEnabled: false })
  expect(await addresses()).toEqual([["vpc_endpoint", expect.stringMatching(/^10\.0\.2\./)]])
  await expect(ec2.deleteSubnet({ SubnetId: b! })).rejects.toMatchObject({ name: "DependencyViolation" })
  await expect(ec2.modifyVpcEndpoint({ VpcEndpointId, PolicyDocument: '{"Statement":[]}' })).rejects.toMatchObject({
    name: "UnsupportedOperation",
  })
  const missing = "vpce-00000000000000000"
  const { Unsuccessful } = await ec2.deleteVpcEndpoints({ VpcEndpointIds: [VpcEndpointId, missing] })
  expect(Unsuccessful).toMatchObject([{ ResourceId: missing, Error: { Code: "InvalidVpcEndpointId.NotFound" } }])
  await ec2.deleteSubnet({ SubnetId: b! })
  await expect(read()).rejects.toMatchObject({ name: "InvalidVpcEndpointId.NotFound" })
})

test("a gateway endpoint puts a route for its prefix list into its route tables", async () => {
  const { ec2 } = await startWorld()
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const RouteTableId = (await ec2.createRouteTable({ VpcId })).RouteTable!.RouteTableId!
  const { ServiceDetails } = await ec2.describeVpcEndpointServices({
    Filters: [
      { Name: "service-name", Values: ["com.amazonaws.us-east-1.s3"] },
      { Name: "service-type", Values: ["Gateway"] },
    ],
  })
  const ServiceName = ServiceDetails![0]!.ServiceName!
  const { VpcEndpoint } = await ec2.createVpcEndpoint({ VpcId, ServiceName, RouteTableIds: [RouteTableId] })
  const VpcEndpointId = VpcEndpoint!.VpcEndpointId!
  expect(VpcEndpoint).toMatchObject({ State: "available", VpcEndpointType: "Gateway", RouteTableIds: [RouteTableId] })
  const lists = await ec2.describePrefixLists({ Filters: [{ Name: "prefix-list-name", Values: [ServiceName] }] })
  const DestinationPrefixListId = lists.PrefixLists![0]!.PrefixListId!
  expect(lists.PrefixLists![0]!.Cidrs).toEqual(["169.254.170.3/32"])
  const { Entries } = await ec2.getManagedPrefixListEntries({ PrefixListId: DestinationPrefixListId })
  expect(Entries!.map(({ Cidr }) => Cidr)).toEqual(["169.254.170.3/32"])
  const routes = async () => (await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })).RouteTables![0]!.Routes!
  expect(await routes()).toMatchObject([{ GatewayId: "local" }, { DestinationPrefixListId, GatewayId: VpcEndpointId }])
  await expect(ec2.createVpcEndpoint({ VpcId, ServiceName, RouteTableIds: [RouteTableId] })).rejects.toMatchObject({
    name: "RouteAlreadyExists",
  })
  await ec2.modifyVpcEndpoint({ VpcEndpointId, RemoveRouteTableIds: [RouteTableId] })
  expect(await routes()).toHaveLength(1)
  await ec2.deleteVpcEndpoints({ VpcEndpointIds: [VpcEndpointId] })
  await expect(ec2.createVpcEndpoint({ VpcId, ServiceName: "com.amazonaws.us-east-1.nothing" })).rejects.toMatchObject({
    name: "InvalidServiceName",
    message: "The Vpc Endpoint Service 'com.amazonaws.us-east-1.nothing' does not exist",
  })
})

test("DHCP options are made, associated, taken away and deleted", async () => {
  const { ec2 } = await startWorld()
  const DhcpConfigurations = [
    { Key: "domain-name", Values: ["shop.internal"] },
    { Key: "domain-name-servers", Values: ["10.0.0.2", "AmazonProvidedDNS"] },
  ]
  const { DhcpOptions } = await ec2.createDhcpOptions({ DhcpConfigurations })
  const DhcpOptionsId = DhcpOptions!.DhcpOptionsId!
  expect(DhcpOptions!.DhcpConfigurations![1]).toEqual({
    Key: "domain-name-servers",
    Values: [{ Value: "10.0.0.2" }, { Value: "AmazonProvidedDNS" }],
  })
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  await ec2.associateDhcpOptions({ DhcpOptionsId, VpcId })
  const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: "dhcp-options-id", Values: [DhcpOptionsId] }] })
  expect(Vpcs!.map((vpc) => vpc.VpcId)).toEqual([VpcId])
  await expect(ec2.deleteDhcpOptions({ DhcpOptionsId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The dhcpOptions '${DhcpOptionsId}' has dependencies and cannot be deleted.`,
  })
  await ec2.associateDhcpOptions({ DhcpOptionsId: "default", VpcId })
  await ec2.deleteDhcpOptions({ DhcpOptionsId })
  await expect(ec2.describeDhcpOptions({ DhcpOptionsIds: [DhcpOptionsId] })).rejects.toMatchObject({
    name: "InvalidDhcpOptionID.NotFound",
    message: `The dhcpOption ID '${DhcpOptionsId}' does not exist`,
  })
  await expect(
    ec2.createDhcpOptions({ DhcpConfigurations: [{ Key: "colour", Values: ["red"] }] }),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" })
})

const format = (...fields: readonly string[]) => fields.map((field) => `\${${field}}`).join(" ")

const USUAL_FIELDS =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status".split(
    " ",
  )

test("a flow log is made, read back, refused a second time and deleted", async () => {
  const { ec2, account } = await startWorld()
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const asked = {
    ResourceIds: [VpcId],
    ResourceType: "VPC" as const,
    TrafficType: "ALL" as const,
    LogGroupName: "flows",
    DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/flows`,
    MaxAggregationInterval: 60,
  }
  const { FlowLogIds, Unsuccessful } = await ec2.createFlowLogs(asked)
  expect(Unsuccessful).toEqual([])
  const read = async () => (await ec2.describeFlowLogs({ FlowLogIds: FlowLogIds! })).FlowLogs!
  expect(await read()).toMatchObject([
    {
      FlowLogId: expect.stringMatching(/^fl-[0-9a-f]{17}$/),
      FlowLogStatus: "ACTIVE",
      ResourceId: VpcId,
      LogDestinationType: "cloud-watch-logs",
      LogDestination: `arn:aws:logs:us-east-1:${account}:log-group:flows`,
      MaxAggregationInterval: 60,
      LogFormat: format(...USUAL_FIELDS),
    },
  ])
  const second = await ec2.createFlowLogs(asked)
  expect(second).toMatchObject({
    FlowLogIds: [],
    Unsuccessful: [{ ResourceId: VpcId, Error: { Code: "FlowLogAlreadyExists" } }],
  })
  await expect(ec2.createFlowLogs({ ...asked, LogFormat: format("srcaddr", "colour") })).rejects.toMatchObject({
    name: "InvalidParameter",
    message: `Unknown fields provided: ${format("colour")}`,
  })
  await ec2.deleteFlowLogs({ FlowLogIds: FlowLogIds! })
  await expect(read()).rejects.toMatchObject({
    name: "InvalidFlowLogId.NotFound",
    message: `These flow log ids in the input list are not found: [TotalCount: 1] ${FlowLogIds![0]}`,
  })
})
