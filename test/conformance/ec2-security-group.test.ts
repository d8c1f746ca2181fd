import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

async function aGroup() {
  const region = await startWorld()
  const { Vpc } = await region.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
  const VpcId = Vpc!.VpcId!
  const { GroupId } = await region.ec2.createSecurityGroup({ VpcId, GroupName: "web", Description: "the web" })
  return { ...region, VpcId, GroupId: GroupId! }
}

const http = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 }

test("a group is made as Terraform makes it: without its egress rule, with rules of its own, and read back", async () => {
  const { ec2, account, VpcId, GroupId } = await aGroup()
  const anywhere = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]
  await ec2.revokeSecurityGroupEgress({ GroupId, IpPermissions: anywhere })
  const { SecurityGroupRules } = await ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [
      {
        ...http,
        IpRanges: [{ CidrIp: "10.1.2.3/16", Description: "office" }, { CidrIp: "0.0.0.0/0" }],
        Ipv6Ranges: [{ CidrIpv6: "2001:DB8::/32" }],
        UserIdGroupPairs: [{ GroupId }],
      },
      { IpProtocol: "icmp", FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
    ],
  })
  expect(SecurityGroupRules).toHaveLength(5)
  expect(SecurityGroupRules![0]).toMatchObject({
    SecurityGroupRuleId: expect.stringMatching(/^sgr-[0-9a-f]{17}$/),
    GroupId,
    GroupOwnerId: account,
    IsEgress: false,
    IpProtocol: "tcp",
    FromPort: 80,
    ToPort: 80,
    CidrIpv4: "10.1.0.0/16",
    Description: "office",
  })
  const [group] = (await ec2.describeSecurityGroups({ GroupIds: [GroupId] })).SecurityGroups!
  expect(group).toMatchObject({
    GroupName: "web",
    Description: "the web",
    VpcId,
    OwnerId: account,
    IpPermissionsEgress: [],
  })
  const tcp = group!.IpPermissions!.find(({ IpProtocol }) => IpProtocol === "tcp")!
  expect(new Set(tcp.IpRanges)).toEqual(
    new Set([{ CidrIp: "10.1.0.0/16", Description: "office" }, { CidrIp: "0.0.0.0/0" }]),
  )
  expect(tcp.Ipv6Ranges).toEqual([{ CidrIpv6: "2001:db8::/32" }])
  expect(tcp.UserIdGroupPairs).toEqual([{ GroupId, UserId: account }])
  const byPort = await ec2.describeSecurityGroups({ Filters: [{ Name: "ip-permission.from-port", Values: ["80"] }] })
  expect(byPort.SecurityGroups!.map((one) => one.GroupId)).toEqual([GroupId])

  await ec2.deleteSecurityGroup({ GroupId })
  await expect(ec2.describeSecurityGroups({ GroupIds: [GroupId] })).rejects.toMatchObject({
    name: "InvalidGroup.NotFound",
    message: `The security group '${GroupId}' does not exist`,
  })
  const left = await ec2.describeSecurityGroupRules({ Filters: [{ Name: "group-id", Values: [GroupId] }] })
  expect(left.SecurityGroupRules).toEqual([])
})

test("a rule goes by its id: tagged, modified, described anew and revoked", async () => {
  const { ec2, GroupId } = await aGroup()
  const { SecurityGroupRules } = await ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [{ ...http, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "Name", Value: "http" }] }],
  })
  const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!
  const read = async () =>
    (await ec2.describeSecurityGroupRules({ SecurityGroupRuleIds: [SecurityGroupRuleId] })).SecurityGroupRules![0]!
  expect(await read()).toEqual(SecurityGroupRules![0])
  expect((await read()).Tags).toEqual([{ Key: "Name", Value: "http" }])

  await ec2.modifySecurityGroupRules({
    GroupId,
    SecurityGroupRules: [
      {
        SecurityGroupRuleId,
        SecurityGroupRule: { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv6: "::/0", Description: "https" },
      },
    ],
  })
  expect(await read()).toMatchObject({ FromPort: 443, CidrIpv6: "::/0", Description: "https", IsEgress: false })
  expect((await read()).CidrIpv4).toBeUndefined()
  await ec2.updateSecurityGroupRuleDescriptionsIngress({
    GroupId,
    SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: "all of https" }],
  })
  expect((await read()).Description).toBe("all of https")
  await ec2.updateSecurityGroupRuleDescriptionsIngress({
    GroupId,
    IpPermissions: [{ IpProtocol: "6", FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }],
  })
  expect((await read()).Description).toBeUndefined()

  await expect(
    ec2.revokeSecurityGroupEgress({ GroupId, SecurityGroupRuleIds: [SecurityGroupRuleId] }),
  ).rejects.toMatchObject({ name: "InvalidSecurityGroupRuleId.NotFound" })
  const { RevokedSecurityGroupRules } = await ec2.revokeSecurityGroupIngress({
    GroupId,
    SecurityGroupRuleIds: [SecurityGroupRuleId],
  })
  expect(RevokedSecurityGroupRules).toMatchObject([{ SecurityGroupRuleId, FromPort: 443 }])
  await expect(read()).rejects.toMatchObject({ name: "InvalidSecurityGroupRuleId.NotFound" })
})

test("a rule that is there is not made twice, in whatever spelling it comes", async () => {
  const { ec2, GroupId } = await aGroup()
  const authorize = (permission: object) => ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [permission] })
  await authorize({ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/8" }] })
  await expect(
    authorize({ IpProtocol: "6", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.9.9.9/8", Description: "d" }] }),
  ).rejects.toMatchObject({
    name: "InvalidPermission.Duplicate",
    message: 'the specified rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists',
  })
  await expect(
    ec2.authorizeSecurityGroupEgress({
      GroupId,
      IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    }),
  ).rejects.toMatchObject({ message: 'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists' })
  const twice = [{ CidrIp: "10.1.0.0/16" }, { CidrIp: "10.1.0.1/16" }]
  await expect(authorize({ ...http, IpRanges: twice })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: "The same permission must not appear multiple times",
  })
})

test.each([
  [
    { IpProtocol: "tcp", IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
  ],
  [
    { IpProtocol: "tcp", FromPort: 22, ToPort: 21, IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
    "Invalid TCP/UDP port range (22:21)",
  ],
  [
    { IpProtocol: "foo", IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
    "Invalid value 'foo' for IP protocol. Unknown protocol.",
  ],
  [{ ...http, IpRanges: [{ CidrIp: "10.0.0.0/33" }] }, "CIDR block 10.0.0.0/33 is malformed"],
])("a permission that is no good is refused: %j", async (permission, message) => {
  const { ec2, GroupId } = await aGroup()
  await expect(ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [permission] })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message,
  })
})

test("a group that another one names cannot be deleted before that rule", async () => {
  const { ec2, VpcId, GroupId } = await aGroup()
  const { GroupId: db } = await ec2.createSecurityGroup({ VpcId, GroupName: "db", Description: "db" })
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId }] }]
  await ec2.authorizeSecurityGroupIngress({ GroupId: db!, IpPermissions })
  await expect(ec2.deleteSecurityGroup({ GroupId })).rejects.toMatchObject({ name: "DependencyViolation" })
  await ec2.revokeSecurityGroupIngress({ GroupId: db!, IpPermissions })
  await ec2.deleteSecurityGroup({ GroupId })
})

test("names are unique within a VPC, and the default group stays", async () => {
  const { ec2, VpcId } = await aGroup()
  const create = (GroupName: string) => ec2.createSecurityGroup({ VpcId, GroupName, Description: "d" })
  await expect(create("web")).rejects.toMatchObject({
    name: "InvalidGroup.Duplicate",
    message: `The security group 'web' already exists for VPC '${VpcId}'`,
  })
  await expect(create("sg-web")).rejects.toMatchObject({ name: "InvalidParameterValue" })
  await expect(create("default")).rejects.toMatchObject({
    message: "Cannot use reserved security group name: default",
  })
  await ec2.createSecurityGroup({ GroupName: "web", Description: "of the default VPC" })
  const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupNames: ["web", "default"] })
  expect(SecurityGroups).toHaveLength(2)
  await expect(ec2.deleteSecurityGroup({ GroupName: "default" })).rejects.toMatchObject({ name: "CannotDelete" })
  await ec2.deleteSecurityGroup({ GroupName: "web" })
  const { SecurityGroupForVpcs } = await ec2.getSecurityGroupsForVpc({ VpcId })
  expect(SecurityGroupForVpcs!.map(({ GroupName }) => GroupName).sort()).toEqual(["default", "web"])
})

test("what was not there is revoked without complaint, except in the default VPC", async () => {
  const { ec2, GroupId } = await aGroup()
  const IpPermissions = [{ ...http, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }]
  const { UnknownIpPermissions } = await ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions })
  expect(UnknownIpPermissions).toMatchObject(IpPermissions)
  await ec2.createSecurityGroup({ GroupName: "old", Description: "old" })
  await expect(ec2.revokeSecurityGroupIngress({ GroupName: "old", IpPermissions })).rejects.toMatchObject({
    name: "InvalidPermission.NotFound",
    message: "The specified rule does not exist in this security group.",
  })
})

test("a prefix list is made, named by a rule and a route, changed, and deleted when nobody names it", async () => {
  const { ec2, VpcId, GroupId } = await aGroup()
  const { PrefixList } = await ec2.createManagedPrefixList({
    PrefixListName: "offices",
    AddressFamily: "IPv4",
    MaxEntries: 2,
    Entries: [{ Cidr: "10.1.0.0/16", Description: "one" }],
  })
  const PrefixListId = PrefixList!.PrefixListId!
  expect(PrefixList).toMatchObject({ State: "create-complete", Version: 1, MaxEntries: 2 })
  const IpPermissions = [{ ...http, PrefixListIds: [{ PrefixListId }] }]
  await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
  const users = await ec2.getManagedPrefixListAssociations({ PrefixListId })
  expect(users.PrefixListAssociations!.map(({ ResourceId }) => ResourceId)).toEqual([GroupId])

  await expect(
    ec2.modifyManagedPrefixList({ PrefixListId, CurrentVersion: 7, AddEntries: [{ Cidr: "10.2.0.0/16" }] }),
  ).rejects.toMatchObject({ name: "PrefixListVersionMismatch" })
  await ec2.modifyManagedPrefixList({
    PrefixListId,
    CurrentVersion: 1,
    AddEntries: [{ Cidr: "10.2.0.0/16" }],
    RemoveEntries: [{ Cidr: "10.1.0.0/16" }],
  })
  const entries = async (TargetVersion?: number) =>
    (await ec2.getManagedPrefixListEntries({ PrefixListId, TargetVersion })).Entries!.map(({ Cidr }) => Cidr)
  expect(await entries()).toEqual(["10.2.0.0/16"])
  expect(await entries(1)).toEqual(["10.1.0.0/16"])
  await expect(
    ec2.modifyManagedPrefixList({
      PrefixListId,
      CurrentVersion: 2,
      AddEntries: [{ Cidr: "10.3.0.0/16" }, { Cidr: "10.4.0.0/16" }],
    }),
  ).rejects.toMatchObject({ name: "PrefixListMaxEntriesExceeded" })

  await expect(ec2.deleteManagedPrefixList({ PrefixListId })).rejects.toMatchObject({ name: "DependencyViolation" })
  await ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions })
  await ec2.deleteManagedPrefixList({ PrefixListId })
  await expect(ec2.describeManagedPrefixLists({ PrefixListIds: [PrefixListId] })).rejects.toMatchObject({
    name: "InvalidPrefixListID.NotFound",
  })
  expect((await ec2.describePrefixLists({})).PrefixLists!.map(({ PrefixListName }) => PrefixListName).sort()).toEqual([
    "com.amazonaws.us-east-1.dynamodb",
    "com.amazonaws.us-east-1.s3",
  ])
  expect(VpcId).toBeDefined()
})
