import { expect, test } from "vitest"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

// What users and roles may, from their policy to the answer of another service.

function allowing(action: string | readonly string[], resource: string | readonly string[] = "*"): object {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: resource }] }
}

function trusting(principal: object, more: object = {}): string {
  const statement = { Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", ...more }
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
}

test("a user may what a policy allows, and is refused the rest in AWS's sentence", async () => {
  const { iam, account, ...world } = await startWorld()
  await iam.createUser({ UserName: "ann", Path: "/team/" })
  const PolicyDocument = JSON.stringify(allowing(["ecs:CreateCluster", "ecs:DescribeClusters"]))
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "clusters", PolicyDocument })
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" })
  const ann = world.as({
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  })

  const arn = `arn:aws:iam::${account}:user/team/ann`
  expect(await ann.sts.getCallerIdentity({})).toMatchObject({ Account: account, Arn: arn })
  await ann.ecs.createCluster({ clusterName: "shop" })
  await expect(ann.ecs.deleteCluster({ cluster: "shop" })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: `User: ${arn} is not authorized to perform: ecs:DeleteCluster on resource: arn:aws:ecs:us-east-1:${account}:cluster/shop because no identity-based policy allows the ecs:DeleteCluster action`,
  })
  await expect(ann.iam.createUser({ UserName: "eve" })).rejects.toMatchObject({ name: "AccessDenied" })
})

test("policies count from the moment they change: inline, attached, of groups, behind boundaries", async () => {
  const { iam, ...world } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" })
  const { AccessKeyId, SecretAccessKey } = AccessKey!
  const { ecs } = world.as({ credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! } })
  const may = () =>
    ecs.listClusters({}).then(
      () => true,
      () => false,
    )

  expect(await may()).toBe(false)
  await iam.createGroup({ GroupName: "readers" })
  await iam.attachGroupPolicy({ GroupName: "readers", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" })
  expect(await may()).toBe(false)
  await iam.addUserToGroup({ GroupName: "readers", UserName: "ann" })
  expect(await may()).toBe(true)

  const PolicyDocument = JSON.stringify(allowing("s3:*"))
  const { Policy } = await iam.createPolicy({ PolicyName: "bounds", PolicyDocument })
  await iam.putUserPermissionsBoundary({ UserName: "ann", PermissionsBoundary: Policy!.Arn! })
  expect(await may()).toBe(false)
  await iam.createPolicyVersion({
    PolicyArn: Policy!.Arn!,
    PolicyDocument: JSON.stringify(allowing("ecs:List*")),
    SetAsDefault: true,
  })
  expect(await may()).toBe(true)

  await iam.updateAccessKey({ UserName: "ann", AccessKeyId, Status: "Inactive" })
  await expect(ecs.listClusters({})).rejects.toMatchObject({ name: "UnrecognizedClientException" })
  await iam.updateAccessKey({ UserName: "ann", AccessKeyId, Status: "Active" })
  expect(await may()).toBe(true)
  await iam.deleteAccessKey({ UserName: "ann", AccessKeyId })
  await expect(ecs.listClusters({})).rejects.toMatchObject({ name: "UnrecognizedClientException" })
})

test("a role is taken by whom it trusts, and lends what its policies allow", async () => {
  const { iam, account, ...world } = await startWorld()
  const ann = world.as({ user: allowing("sts:AssumeRole") })
  const bob = world.as({ user: allowing("ecs:*") })
  const { Arn } = await ann.sts.getCallerIdentity({})
  const AssumeRolePolicyDocument = trusting({ AWS: Arn })
  const { Role } = await iam.createRole({ RoleName: "deploy", AssumeRolePolicyDocument })
  await iam.putRolePolicy({
    RoleName: "deploy",
    PolicyName: "clusters",
    PolicyDocument: JSON.stringify(allowing("ecs:CreateCluster")),
  })
  const asked = { RoleArn: Role!.Arn!, RoleSessionName: "ci" }

  const taken = await ann.sts.assumeRole(asked)
  expect(taken.AssumedRoleUser).toEqual({
    AssumedRoleId: `${Role!.RoleId}:ci`,
    Arn: `arn:aws:sts::${account}:assumed-role/deploy/ci`,
  })
  const session = sessionOf(world, taken)
  expect(await session.sts.getCallerIdentity({})).toMatchObject({
    Account: account,
    Arn: `arn:aws:sts::${account}:assumed-role/deploy/ci`,
    UserId: `${Role!.RoleId}:ci`,
  })
  await session.ecs.createCluster({ clusterName: "shop" })
  await expect(session.ecs.listClusters({})).rejects.toMatchObject({
    message: expect.stringContaining(`User: arn:aws:sts::${account}:assumed-role/deploy/ci is not authorized`),
  })
  await expect(bob.sts.assumeRole(asked)).rejects.toMatchObject({ name: "AccessDenied" })
})

test("a session ends with its time, with its role, and not with a restart", async () => {
  const before = await startWorld()
  const { Role } = await before.iam.createRole({
    RoleName: "deploy",
    AssumeRolePolicyDocument: trusting({ AWS: before.account }),
  })
  const asked = { RoleArn: Role!.Arn!, RoleSessionName: "ci", DurationSeconds: 900 }
  const first = await before.sts.assumeRole(asked)

  const world = await before.restart()
  const session = sessionOf(world, first)
  await session.sts.getCallerIdentity({})
  await world.world.advance(900_000)
  const late = sessionOf(world, first)
  await expect(late.sts.getCallerIdentity({})).rejects.toMatchObject({ name: "ExpiredToken" })

  const second = await world.as({}).sts.assumeRole(asked)
  await world.as({}).iam.deleteRole({ RoleName: "deploy" })
  const dead = sessionOf(world, second)
  await expect(dead.sts.getCallerIdentity({})).rejects.toMatchObject({ name: "InvalidClientTokenId" })
  await world.as({}).iam.createRole({ RoleName: "deploy", AssumeRolePolicyDocument: trusting({ AWS: world.account }) })
  await expect(dead.sts.getCallerIdentity({})).rejects.toMatchObject({ name: "InvalidClientTokenId" })
})

test("a second account sees nothing of the first, and gets in where the first trusts it", async () => {
  const { iam, account, ...world } = await startWorld()
  const other = world.as({ account: "another" })
  await iam.createUser({ UserName: "ann" })
  const { Policy } = await iam.createPolicy({
    PolicyName: "clusters",
    PolicyDocument: JSON.stringify(allowing("ecs:*")),
  })
  const { Role } = await iam.createRole({
    RoleName: "shared",
    AssumeRolePolicyDocument: trusting(
      { AWS: other.account },
      { Condition: { StringEquals: { "sts:ExternalId": "x1" } } },
    ),
  })

  expect((await other.iam.listUsers({})).Users).toEqual([])
  expect((await other.iam.listRoles({})).Roles).toEqual([])
  expect((await other.iam.listPolicies({ Scope: "Local" })).Policies).toEqual([])
  await expect(other.iam.getUser({ UserName: "ann" })).rejects.toMatchObject({ name: "NoSuchEntityException" })
  await expect(other.iam.getPolicy({ PolicyArn: Policy!.Arn! })).rejects.toMatchObject({ name: "AccessDenied" })
  await other.iam.createUser({ UserName: "zoe" })
  await expect(other.iam.attachUserPolicy({ UserName: "zoe", PolicyArn: Policy!.Arn! })).rejects.toMatchObject({
    name: "NoSuchEntityException",
  })

  const asked = { RoleArn: Role!.Arn!, RoleSessionName: "visit" }
  await expect(other.sts.assumeRole(asked)).rejects.toMatchObject({ name: "AccessDenied" })
  const taken = await other.sts.assumeRole({ ...asked, ExternalId: "x1" })
  expect(await sessionOf(world, taken).sts.getCallerIdentity({})).toMatchObject({ Account: account })
})

interface Taken {
  readonly Credentials?:
    | {
        readonly AccessKeyId: string | undefined
        readonly SecretAccessKey: string | undefined
        readonly SessionToken: string | undefined
      }
    | undefined
}

function sessionOf(world: Pick<TestWorld, "as">, { Credentials }: Taken) {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!
  return world.as({
    credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! },
  })
}
