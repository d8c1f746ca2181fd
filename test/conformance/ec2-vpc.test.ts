import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

// Sequences as Terraform sends them: create, read back, modify, read back, and delete in the order of dependencies.

test("an account finds a default VPC in every region, with all that AWS makes with one", async () => {
  const { ec2, as, account } = await startWorld()
  const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })
  const [vpc] = Vpcs!
  expect(Vpcs).toHaveLength(1)
  expect(vpc).toMatchObject({
    VpcId: expect.stringMatching(/^vpc-[0-9a-f]{17}$/),
    OwnerId: account,
    CidrBlock: "172.31.0.0/16",
    State: "available",
    IsDefault: true,
    InstanceTenancy: "default",
    CidrBlockAssociationSet: [{ CidrBlock: "172.31.0.0/16", CidrBlockState: { State: "associated" } }],
  })

  const inVpc = { Filters: [{ Name: "vpc-id", Values: [vpc!.VpcId!] }] }
  const { Subnets } = await ec2.describeSubnets(inVpc)
  const places = Subnets!.map(({ AvailabilityZone, CidrBlock }) => `${AvailabilityZone} ${CidrBlock}`)
  expect(places.sort()).toEqual(["us-east-1a 172.31.0.0/20", "us-east-1b 172.31.16.0/20", "us-east-1c 172.31.32.0/20"])
  expect(Subnets![0]).toMatchObject({ AvailableIpAddressCount: 4091, DefaultForAz: true, MapPublicIpOnLaunch: true })

  const attached = { Filters: [{ Name: "attachment.vpc-id", Values: [vpc!.VpcId!] }] }
  const { InternetGateways } = await ec2.describeInternetGateways(attached)
  expect(InternetGateways).toHaveLength(1)
  const { RouteTables } = await ec2.describeRouteTables(inVpc)
  expect(RouteTables).toMatchObject([
    {
      Associations: [{ Main: true, AssociationState: { State: "associated" } }],
      Routes: [
        { DestinationCidrBlock: "172.31.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
        {
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: InternetGateways![0]!.InternetGatewayId,
          Origin: "CreateRoute",
          State: "active",
        },
      ],
    },
  ])
  const { SecurityGroups } = await ec2.describeSecurityGroups(inVpc)
  expect(SecurityGroups).toMatchObject([
    {
      GroupName: "default",
      Description: "default VPC security group",
      IpPermissions: [
        { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: SecurityGroups![0]!.GroupId, UserId: account }] },
      ],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    },
  ])
  const { NetworkAcls } = await ec2.describeNetworkAcls(inVpc)
  expect(NetworkAcls).toMatchObject([{ IsDefault: true, Associations: [{}, {}, {}] }])
  expect(
    NetworkAcls![0]!.Entries!.map(({ RuleNumber, RuleAction, Egress }) => [RuleNumber, RuleAction, Egress]),
  ).toEqual([
    [100, "allow", true],
    [32767, "deny", true],
    [100, "allow", false],
    [32767, "deny", false],
  ])
  const { DhcpOptions } = await ec2.describeDhcpOptions({ DhcpOptionsIds: [vpc!.DhcpOptionsId!] })
  expect(DhcpOptions![0]!.DhcpConfigurations).toEqual([
    { Key: "domain-name", Values: [{ Value: "ec2.internal" }] },
    { Key: "domain-name-servers", Values: [{ Value: "AmazonProvidedDNS" }] },
  ])

  const elsewhere = await as({ region: "eu-west-1" }).ec2.describeVpcs({})
  expect(elsewhere.Vpcs).toHaveLength(1)
  expect(elsewhere.Vpcs![0]!.VpcId).not.toBe(vpc!.VpcId)
  const theirs = await as({ account: "another" }).ec2.describeVpcs({})
  expect(theirs.Vpcs![0]!.VpcId).not.toBe(vpc!.VpcId)
})

test("a default VPC that is deleted stays away until it is asked for, and there is one at most", async () => {
  const { ec2 } = await startWorld()
  await expect(ec2.createDefaultVpc({})).rejects.toMatchObject({ name: "DefaultVpcAlreadyExists" })
  const { Vpcs } = await ec2.describeVpcs({})
  const VpcId = Vpcs![0]!.VpcId!
  await expect(ec2.deleteVpc({ VpcId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The vpc '${VpcId}' has dependencies and cannot be deleted.`,
  })

  const [first, ...others] = (await ec2.describeSubnets({})).Subnets!
  await expect(ec2.createDefaultSubnet({ AvailabilityZone: first!.AvailabilityZone! })).rejects.toMatchObject({
    name: "DefaultSubnetAlreadyExistsInAvailabilityZone",
  })
  await ec2.deleteSubnet({ SubnetId: first!.SubnetId! })
  const { Subnet } = await ec2.createDefaultSubnet({ AvailabilityZone: first!.AvailabilityZone! })
  expect(Subnet).toMatchObject({ CidrBlock: first!.CidrBlock, DefaultForAz: true })
  for (const { SubnetId } of [Subnet!, ...others]) await ec2.deleteSubnet({ SubnetId: SubnetId! })
  const [gateway] = (await ec2.describeInternetGateways({})).InternetGateways!
  await ec2.detachInternetGateway({ InternetGatewayId: gateway!.InternetGatewayId!, VpcId })
  await ec2.deleteInternetGateway({ InternetGatewayId: gateway!.InternetGatewayId! })
  await ec2.deleteVpc({ VpcId })

  expect((await ec2.describeVpcs({})).Vpcs).toEqual([])
  expect((await ec2.createDefaultVpc({})).Vpc).toMatchObject({ IsDefault: true, CidrBlock: "172.31.0.0/16" })
  expect((await ec2.describeSubnets({})).Subnets).toHaveLength(3)
})

test("a VPC is made, read back, changed, read back and deleted", async () => {
  const { ec2 } = await startWorld()
  const tags = [{ Key: "Name", Value: "shop" }]
  const { Vpc } = await ec2.createVpc({
    CidrBlock: "10.0.7.9/16",
    AmazonProvidedIpv6CidrBlock: true,
    TagSpecifications: [{ ResourceType: "vpc", Tags: tags }],
  })
  const VpcId = Vpc!.VpcId!
  expect(Vpc).toMatchObject({ CidrBlock: "10.0.0.0/16", IsDefault: false, State: "pending", Tags: tags })
  const ipv6 = Vpc!.Ipv6CidrBlockAssociationSet![0]!
  expect(ipv6.Ipv6CidrBlock).toMatch(/\/56$/)

  const read = async () => (await ec2.describeVpcs({ VpcIds: [VpcId] })).Vpcs![0]!
  expect(await read()).toEqual({ ...Vpc, State: "available" })
  const attribute = async (Attribute: "enableDnsSupport" | "enableDnsHostnames") => {
    const { $metadata: _, VpcId: __, ...answer } = await ec2.describeVpcAttribute({ VpcId, Attribute })
    return answer
  }
  expect(await attribute("enableDnsSupport")).toEqual({ EnableDnsSupport: { Value: true } })
  expect(await attribute("enableDnsHostnames")).toEqual({ EnableDnsHostnames: { Value: false } })
  await ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
  expect(await attribute("enableDnsHostnames")).toEqual({ EnableDnsHostnames: { Value: true } })

  const { CidrBlockAssociation } = await ec2.associateVpcCidrBlock({ VpcId, CidrBlock: "10.1.0.0/16" })
  const AssociationId = CidrBlockAssociation!.AssociationId!
  const byAssociation = await ec2.describeVpcs({
    Filters: [{ Name: "cidr-block-association.association-id", Values: [AssociationId] }],
  })
  expect(byAssociation.Vpcs!.map((vpc) => vpc.VpcId)).toEqual([VpcId])
  await expect(ec2.associateVpcCidrBlock({ VpcId, CidrBlock: "10.1.128.0/24" })).rejects.toMatchObject({
    name: "InvalidVpc.Conflict",
  })
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: "10.1.0.0/24" })
  await expect(ec2.disassociateVpcCidrBlock({ AssociationId })).rejects.toMatchObject({ name: "DependencyViolation" })
  await ec2.deleteSubnet({ SubnetId: Subnet!.SubnetId! })
  await ec2.disassociateVpcCidrBlock({ AssociationId })
  await expect(
    ec2.disassociateVpcCidrBlock({ AssociationId: Vpc!.CidrBlockAssociationSet![0]!.AssociationId! }),
  ).rejects.toMatchObject({ name: "OperationNotPermitted" })
  await ec2.disassociateVpcCidrBlock({ AssociationId: ipv6.AssociationId! })
  expect(await read()).toMatchObject({ CidrBlockAssociationSet: [{}], Ipv6CidrBlockAssociationSet: [] })

  await ec2.createTags({ Resources: [VpcId], Tags: [{ Key: "Name", Value: "store" }, { Key: "stage" }] })
  await ec2.deleteTags({ Resources: [VpcId], Tags: [{ Key: "stage", Value: "test" }] })
  expect((await read()).Tags).toEqual([
    { Key: "Name", Value: "store" },
    { Key: "stage", Value: "" },
  ])
  await ec2.deleteTags({ Resources: [VpcId], Tags: [{ Key: "stage" }] })
  const tagged = await ec2.describeTags({ Filters: [{ Name: "resource-id", Values: [VpcId] }] })
  expect(tagged.Tags).toEqual([{ ResourceId: VpcId, ResourceType: "vpc", Key: "Name", Value: "store" }])

  await ec2.deleteVpc({ VpcId })
  await expect(read()).rejects.toMatchObject({
    name: "InvalidVpcID.NotFound",
    message: `The vpc ID '${VpcId}' does not exist`,
  })
  expect((await ec2.describeTags({})).Tags).toEqual([])
  const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] })
  expect(RouteTables).toEqual([])
})

test("a VPC that gets IPv6 later opens for it what it has opened for IPv4", async () => {
  const { ec2 } = await startWorld()
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!
  const inVpc = { Filters: [{ Name: "vpc-id", Values: [VpcId] }] }
  await ec2.associateVpcCidrBlock({ VpcId, AmazonProvidedIpv6CidrBlock: true })
  const [acl] = (await ec2.describeNetworkAcls(inVpc)).NetworkAcls!
  expect(acl!.Entries!.filter(({ Egress }) => !Egress)).toMatchObject([
    { RuleNumber: 100, CidrBlock: "0.0.0.0/0", RuleAction: "allow" },
    { RuleNumber: 101, Ipv6CidrBlock: "::/0", RuleAction: "allow" },
    { RuleNumber: 32767, RuleAction: "deny" },
    { RuleNumber: 32768, RuleAction: "deny" },
  ])
  const [group] = (await ec2.describeSecurityGroups(inVpc)).SecurityGroups!
  expect(group!.IpPermissionsEgress![0]!.Ipv6Ranges).toEqual([{ CidrIpv6: "::/0" }])
})

test("a subnet is made, read back, changed, read back and deleted", async () => {
  const { ec2, account } = await startWorld()
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true })
  const VpcId = Vpc!.VpcId!
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: "10.0.1.0/28", AvailabilityZone: "us-east-1b" })
  const SubnetId = Subnet!.SubnetId!
  expect(Subnet).toMatchObject({
    SubnetArn: `arn:aws:ec2:us-east-1:${account}:subnet/${SubnetId}`,
    AvailabilityZone: "us-east-1b",
    AvailabilityZoneId: "use1-az2",
    AvailableIpAddressCount: 11,
    MapPublicIpOnLaunch: false,
    State: "available",
  })
  const read = async () => (await ec2.describeSubnets({ SubnetIds: [SubnetId] })).Subnets![0]!
  expect(await read()).toEqual(Subnet)

  await ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } })
  await expect(
    ec2.modifySubnetAttribute({ SubnetId, AssignIpv6AddressOnCreation: { Value: true } }),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" })
  const Ipv6CidrBlock = Vpc!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!.replace("/56", "/64")
  const { Ipv6CidrBlockAssociation } = await ec2.associateSubnetCidrBlock({ SubnetId, Ipv6CidrBlock })
  await ec2.modifySubnetAttribute({ SubnetId, AssignIpv6AddressOnCreation: { Value: true } })
  expect(await read()).toMatchObject({
    MapPublicIpOnLaunch: true,
    AssignIpv6AddressOnCreation: true,
    Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock, Ipv6CidrBlockState: { State: "associated" } }],
  })

  const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId })
  expect((await read()).AvailableIpAddressCount).toBe(10)
  await expect(ec2.deleteSubnet({ SubnetId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The subnet '${SubnetId}' has dependencies and cannot be deleted.`,
  })
  await ec2.deleteNetworkInterface({ NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId! })
  expect((await read()).AvailableIpAddressCount).toBe(11)
  await ec2.disassociateSubnetCidrBlock({ AssociationId: Ipv6CidrBlockAssociation!.AssociationId! })
  await expect(ec2.deleteVpc({ VpcId })).rejects.toMatchObject({ name: "DependencyViolation" })
  await ec2.deleteSubnet({ SubnetId })
  await ec2.deleteVpc({ VpcId })
  await expect(read()).rejects.toMatchObject({ name: "InvalidSubnetID.NotFound" })
})

test.each([
  ["10.0.0.0/8", "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."],
  ["10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."],
  ["127.0.0.0/16", "InvalidVpc.Range", "The CIDR '127.0.0.0/16' is invalid."],
  ["ten", "InvalidParameterValue", "Value (ten) for parameter cidrBlock is invalid. This is not a valid CIDR block."],
])("a VPC of %s is refused", async (CidrBlock, name, message) => {
  const { ec2 } = await startWorld()
  await expect(ec2.createVpc({ CidrBlock })).rejects.toMatchObject({ name, message })
})

test("subnets that lie outside, overlap or are nowhere are refused in AWS's words", async () => {
  const { ec2 } = await startWorld()
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
  const VpcId = Vpc!.VpcId!
  await ec2.createSubnet({ VpcId, CidrBlock: "10.0.1.0/24" })
  const refused = (input: object) => expect(ec2.createSubnet({ VpcId, ...input })).rejects
  await refused({ CidrBlock: "10.1.0.0/24" }).toMatchObject({
    name: "InvalidSubnet.Range",
    message: "The CIDR '10.1.0.0/24' is invalid.",
  })
  await refused({ CidrBlock: "10.0.0.0/23" }).toMatchObject({
    name: "InvalidSubnet.Conflict",
    message: "The CIDR '10.0.0.0/23' conflicts with another subnet",
  })
  await refused({ CidrBlock: "10.0.2.0/24", AvailabilityZone: "eu-west-1a" }).toMatchObject({
    name: "InvalidParameterValue",
    message:
      "Value (eu-west-1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c.",
  })
  await refused({ VpcId: "vpc-00000000000000000", CidrBlock: "10.0.2.0/24" }).toMatchObject({
    name: "InvalidVpcID.NotFound",
  })
})

test("describing goes by ids, filters and pages, and says what is wrong with them", async () => {
  const { ec2 } = await startWorld()
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
  const made = []
  for (let at = 0; at < 7; at++) {
    const { Subnet } = await ec2.createSubnet({
      VpcId: Vpc!.VpcId!,
      CidrBlock: `10.0.${at}.0/24`,
      TagSpecifications: [{ ResourceType: "subnet", Tags: [{ Key: "Name", Value: `web-${at}` }] }],
    })
    made.push(Subnet!.SubnetId!)
  }
  const ids = async (Name: string, ...Values: string[]) =>
    (await ec2.describeSubnets({ Filters: [{ Name, Values }] })).Subnets!.map(({ SubnetId }) => SubnetId!)
  expect(await ids("tag:Name", "web-?")).toHaveLength(7)
  expect(await ids("tag:Name", "web-1", "*-2")).toHaveLength(2)
  expect(await ids("tag-key", "Name")).toHaveLength(7)
  expect(await ids("vpc-id", Vpc!.VpcId!)).toHaveLength(7)
  expect(await ids("cidr-block", "10.0.3.0/24")).toEqual([made[3]])
  await expect(ids("colour", "red")).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: "The filter 'colour' is invalid",
  })

  const Filters = [{ Name: "vpc-id", Values: [Vpc!.VpcId!] }]
  const first = await ec2.describeSubnets({ Filters, MaxResults: 5 })
  const second = await ec2.describeSubnets({ Filters, MaxResults: 5, NextToken: first.NextToken! })
  expect([...first.Subnets!, ...second.Subnets!].map(({ SubnetId }) => SubnetId).sort()).toEqual(made.toSorted())
  expect(second.NextToken).toBeUndefined()
  await expect(ec2.describeSubnets({ MaxResults: 4 })).rejects.toMatchObject({ name: "InvalidParameterValue" })
  await expect(ec2.describeSubnets({ MaxResults: 5, NextToken: "made-up" })).rejects.toMatchObject({
    name: "InvalidNextToken",
  })
  await expect(ec2.describeSubnets({ MaxResults: 5, SubnetIds: [made[0]!] })).rejects.toMatchObject({
    name: "InvalidParameterCombination",
  })

  await expect(ec2.describeSubnets({ SubnetIds: [made[0]!, "subnet-0123456789abcdef0"] })).rejects.toMatchObject({
    name: "InvalidSubnetID.NotFound",
    message: "The subnet ID 'subnet-0123456789abcdef0' does not exist",
  })
  await expect(ec2.describeSubnets({ SubnetIds: ["vpc-1"] })).rejects.toMatchObject({
    name: "InvalidSubnetID.Malformed",
    message: 'Invalid id: "vpc-1" (expecting "subnet-...")',
  })
})

test("a dry run says what would have come of it and changes nothing", async () => {
  const region = await startWorld()
  const reader = region.as({ only: ["ec2:Describe*"] })
  await region.ec2.describeVpcs({})
  const before = region.store.version
  const dryRun = { CidrBlock: "10.0.0.0/16", DryRun: true }
  await expect(region.ec2.createVpc(dryRun)).rejects.toMatchObject({
    name: "DryRunOperation",
    message: "Request would have succeeded, but DryRun flag is set.",
    $metadata: { httpStatusCode: 412 },
  })
  await expect(reader.ec2.createVpc(dryRun)).rejects.toMatchObject({
    name: "UnauthorizedOperation",
  })
  expect(region.store.version).toBe(before)
})

test("zones, regions, account attributes and instance types are told", async () => {
  const { ec2 } = await startWorld()
  const { AvailabilityZones } = await ec2.describeAvailabilityZones({
    Filters: [{ Name: "opt-in-status", Values: ["opt-in-not-required"] }],
  })
  expect(AvailabilityZones!.map(({ ZoneName, ZoneId, State }) => [ZoneName, ZoneId, State])).toEqual([
    ["us-east-1a", "use1-az1", "available"],
    ["us-east-1b", "use1-az2", "available"],
    ["us-east-1c", "use1-az3", "available"],
  ])
  const { Regions } = await ec2.describeRegions({ RegionNames: ["eu-west-1"] })
  expect(Regions).toEqual([
    { RegionName: "eu-west-1", Endpoint: "ec2.eu-west-1.amazonaws.com", OptInStatus: "opt-in-not-required" },
  ])
  const { AccountAttributes } = await ec2.describeAccountAttributes({ AttributeNames: ["supported-platforms"] })
  expect(AccountAttributes).toEqual([
    { AttributeName: "supported-platforms", AttributeValues: [{ AttributeValue: "VPC" }] },
  ])
  const { InstanceTypes } = await ec2.describeInstanceTypes({ InstanceTypes: ["m5.large", "t4g.nano"] })
  expect(InstanceTypes).toMatchObject([
    {
      InstanceType: "m5.large",
      VCpuInfo: { DefaultVCpus: 2 },
      MemoryInfo: { SizeInMiB: 8192 },
      NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
      ProcessorInfo: { SupportedArchitectures: ["x86_64"] },
    },
    {
      InstanceType: "t4g.nano",
      BurstablePerformanceSupported: true,
      ProcessorInfo: { SupportedArchitectures: ["arm64"] },
    },
  ])
  await expect(ec2.describeInstanceTypes({ InstanceTypes: ["m5.huge" as "m5.large"] })).rejects.toMatchObject({
    name: "InvalidInstanceType",
    message: "The following supplied instance types do not exist: [m5.huge]",
  })
  const offered = await ec2.describeInstanceTypeOfferings({
    LocationType: "availability-zone",
    Filters: [{ Name: "instance-type", Values: ["m7g.large"] }],
  })
  expect(offered.InstanceTypeOfferings!.map(({ Location }) => Location)).toEqual([
    "us-east-1a",
    "us-east-1b",
    "us-east-1c",
  ])
})
