import { expect, test } from "vitest"
import { attachInterface, deleteInterface } from "../../src/services/ec2/index.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"
import { regionScope } from "../../src/store/changes.ts"

async function aNetwork(region: TestWorld) {
  const { ec2 } = region
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true })
  const VpcId = Vpc!.VpcId!
  const Ipv6CidrBlock = Vpc!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!.replace("/56", "/64")
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: "10.0.1.0/24", Ipv6CidrBlock })
  const { GroupId } = await ec2.createSecurityGroup({ VpcId, GroupName: "web", Description: "web" })
  return { VpcId, SubnetId: Subnet!.SubnetId!, GroupId: GroupId! }
}

test("an interface is made, read back, changed, read back and deleted", async () => {
  const region = await startWorld()
  const { ec2, account } = region
  const { VpcId, SubnetId, GroupId } = await aNetwork(region)
  const { NetworkInterface } = await ec2.createNetworkInterface({
    SubnetId,
    Description: "one",
    PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.20" }, { PrivateIpAddress: "10.0.1.10", Primary: true }],
    Ipv6AddressCount: 1,
    Groups: [GroupId],
    TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "Name", Value: "one" }] }],
  })
  const NetworkInterfaceId = NetworkInterface!.NetworkInterfaceId!
  expect(NetworkInterface).toMatchObject({
    NetworkInterfaceId: expect.stringMatching(/^eni-[0-9a-f]{17}$/),
    OwnerId: account,
    VpcId,
    SubnetId,
    Description: "one",
    InterfaceType: "interface",
    MacAddress: expect.stringMatching(/^0e(:[0-9a-f]{2}){5}$/),
    PrivateIpAddress: "10.0.1.10",
    PrivateDnsName: "ip-10-0-1-10.ec2.internal",
    PrivateIpAddresses: [
      { PrivateIpAddress: "10.0.1.10", Primary: true },
      { PrivateIpAddress: "10.0.1.20", Primary: false },
    ],
    Ipv6Addresses: [{}],
    Groups: [{ GroupId, GroupName: "web" }],
    RequesterManaged: false,
    SourceDestCheck: true,
    Status: "available",
    TagSet: [{ Key: "Name", Value: "one" }],
  })
  const read = async () =>
    (await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [NetworkInterfaceId] })).NetworkInterfaces![0]!
  expect(await read()).toEqual(NetworkInterface)

  await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Description: { Value: "two" } })
  await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: false } })
  const others = await ec2.describeSecurityGroups({
    Filters: [
      { Name: "vpc-id", Values: [VpcId] },
      { Name: "group-name", Values: ["default"] },
    ],
  })
  const defaultGroup = others.SecurityGroups![0]!.GroupId!
  await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: [defaultGroup] })
  await ec2.unassignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses: ["10.0.1.20"] })
  const assigned = await ec2.assignPrivateIpAddresses({ NetworkInterfaceId, SecondaryPrivateIpAddressCount: 2 })
  expect(assigned.AssignedPrivateIpAddresses).toHaveLength(2)
  await ec2.unassignIpv6Addresses({
    NetworkInterfaceId,
    Ipv6Addresses: [NetworkInterface!.Ipv6Addresses![0]!.Ipv6Address!],
  })
  expect(await read()).toMatchObject({
    Description: "two",
    SourceDestCheck: false,
    Groups: [{ GroupId: defaultGroup }],
    PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.10" }, {}, {}],
    Ipv6Addresses: [],
  })
  const { Groups } = await ec2.describeNetworkInterfaceAttribute({ NetworkInterfaceId, Attribute: "groupSet" })
  expect(Groups).toEqual([{ GroupId: defaultGroup, GroupName: "default" }])
  const byAddress = await ec2.describeNetworkInterfaces({
    Filters: [{ Name: "addresses.private-ip-address", Values: ["10.0.1.10"] }],
  })
  expect(byAddress.NetworkInterfaces).toHaveLength(1)

  await ec2.deleteNetworkInterface({ NetworkInterfaceId })
  await expect(read()).rejects.toMatchObject({
    name: "InvalidNetworkInterfaceID.NotFound",
    message: `The networkInterface ID '${NetworkInterfaceId}' does not exist`,
  })
})

test("addresses that are taken, reserved or elsewhere are refused, and so are groups of another VPC", async () => {
  const region = await startWorld()
  const { ec2 } = region
  const { SubnetId } = await aNetwork(region)
  await ec2.createNetworkInterface({ SubnetId, PrivateIpAddress: "10.0.1.10" })
  const refused = (input: object) => expect(ec2.createNetworkInterface({ SubnetId, ...input })).rejects
  await refused({ PrivateIpAddress: "10.0.1.10" }).toMatchObject({
    name: "InvalidIPAddress.InUse",
    message: "The specified address is already in use.",
  })
  await refused({ PrivateIpAddress: "10.0.1.1" }).toMatchObject({ name: "InvalidParameterValue" })
  await refused({ PrivateIpAddress: "10.0.2.10" }).toMatchObject({ name: "InvalidParameterValue" })
  await refused({ SubnetId: "subnet-00000000000000000" }).toMatchObject({ name: "InvalidSubnetID.NotFound" })
  await refused({ Groups: ["sg-00000000000000000"] }).toMatchObject({
    name: "InvalidGroup.NotFound",
    message: "The security group 'sg-00000000000000000' does not exist",
  })
  const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupNames: ["default"] })
  await refused({ Groups: [SecurityGroups![0]!.GroupId!] }).toMatchObject({ name: "InvalidParameter" })
})

test("the same request with the same client token makes one interface", async () => {
  const region = await startWorld()
  const { ec2 } = region
  const { SubnetId } = await aNetwork(region)
  const first = await ec2.createNetworkInterface({ SubnetId, ClientToken: "t" })
  const again = await ec2.createNetworkInterface({ SubnetId, ClientToken: "t" })
  expect(again.NetworkInterface!.NetworkInterfaceId).toBe(first.NetworkInterface!.NetworkInterfaceId)
  await expect(
    ec2.createNetworkInterface({ SubnetId, ClientToken: "t", Description: "another" }),
  ).rejects.toMatchObject({ name: "IdempotentParameterMismatch" })
})

test("what a service makes for an account the account can see and not change", async () => {
  const region = await startWorld()
  const { ec2, store, world, account } = region
  const { SubnetId, GroupId, VpcId } = await aNetwork(region)
  await ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
  const made = store.transact(regionScope(account, "us-east-1"), (tx) =>
    attachInterface(tx, {
      subnetId: SubnetId,
      securityGroupIds: [GroupId],
      assignPublicIp: true,
      description: "arn:aws:ecs:us-east-1:1:attachment/a",
      requester: "amazon-ecs",
      tags: [{ key: "aws:ecs:clusterName", value: "shop" }],
      now: world.now(),
      random: world.random,
    }),
  )
  const NetworkInterfaceId = made.id
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [made.id] })
  expect(NetworkInterfaces).toMatchObject([
    {
      RequesterManaged: true,
      RequesterId: "amazon-ecs",
      Status: "in-use",
      Attachment: { Status: "attached", DeviceIndex: 1 },
      Association: { IpOwnerId: "amazon", PublicDnsName: expect.stringMatching(/^ec2-198-/) },
      TagSet: [{ Key: "aws:ecs:clusterName", Value: "shop" }],
    },
  ])
  await expect(ec2.deleteNetworkInterface({ NetworkInterfaceId })).rejects.toMatchObject({
    message: `Network interface '${made.id}' is currently in use.`,
  })
  await expect(ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: [GroupId] })).rejects.toMatchObject({
    name: "AuthFailure",
  })
  await expect(ec2.detachNetworkInterface({ AttachmentId: made.attachment!.id })).rejects.toMatchObject({
    name: "OperationNotPermitted",
  })
  await expect(ec2.deleteSecurityGroup({ GroupId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `resource ${GroupId} has a dependent object`,
  })

  for (let times = 0; times < 2; times++) {
    store.transact(regionScope(account, "us-east-1"), (tx) => deleteInterface(tx, made.id, { now: world.now() }))
  }
  await ec2.deleteSecurityGroup({ GroupId })
  await ec2.deleteSubnet({ SubnetId })
  await ec2.deleteVpc({ VpcId })
})

test("an elastic IP is allocated, put in front of an interface, moved, taken away and released", async () => {
  const region = await startWorld()
  const { ec2 } = region
  const { VpcId, SubnetId } = await aNetwork(region)
  const { AllocationId, PublicIp } = await ec2.allocateAddress({ Domain: "vpc" })
  const first = (await ec2.createNetworkInterface({ SubnetId })).NetworkInterface!.NetworkInterfaceId!
  const second = (await ec2.createNetworkInterface({ SubnetId })).NetworkInterface!.NetworkInterfaceId!
  const associate = (NetworkInterfaceId: string, AllowReassociation = true) =>
    ec2.associateAddress({ AllocationId: AllocationId!, NetworkInterfaceId, AllowReassociation })
  await expect(associate(first)).rejects.toMatchObject({
    name: "Gateway.NotAttached",
    message: `Network ${VpcId} is not attached to any internet gateway`,
  })
  const { InternetGateway } = await ec2.createInternetGateway({})
  const InternetGatewayId = InternetGateway!.InternetGatewayId!
  await ec2.attachInternetGateway({ InternetGatewayId, VpcId })
  await associate(first)
  await expect(associate(second, false)).rejects.toMatchObject({ name: "Resource.AlreadyAssociated" })
  const { AssociationId } = await associate(second)
  const { Addresses } = await ec2.describeAddresses({ PublicIps: [PublicIp!] })
  expect(Addresses).toMatchObject([{ AllocationId, AssociationId, NetworkInterfaceId: second, Domain: "vpc" }])
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
    Filters: [{ Name: "association.public-ip", Values: [PublicIp!] }],
  })
  expect(NetworkInterfaces!.map(({ NetworkInterfaceId }) => NetworkInterfaceId)).toEqual([second])

  await expect(ec2.releaseAddress({ AllocationId: AllocationId! })).rejects.toMatchObject({
    name: "InvalidIPAddress.InUse",
    message: `Address ${PublicIp} is in use.`,
  })
  await expect(ec2.detachInternetGateway({ InternetGatewayId, VpcId })).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `Network ${VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
  })
  await ec2.disassociateAddress({ AssociationId: AssociationId! })
  await ec2.releaseAddress({ AllocationId: AllocationId! })
  await expect(ec2.describeAddresses({ AllocationIds: [AllocationId!] })).rejects.toMatchObject({
    name: "InvalidAllocationID.NotFound",
    message: `The allocation ID '${AllocationId}' does not exist`,
  })
})

test("two interfaces of two accounts never have the same public or hardware address", async () => {
  const region = await startWorld()
  const others = [region, region.as({ account: "another" })]
  const publicIps = await Promise.all(
    others.flatMap(({ ec2 }) => Array.from({ length: 20 }, async () => (await ec2.allocateAddress({})).PublicIp!)),
  )
  expect(new Set(publicIps).size).toBe(40)
})
