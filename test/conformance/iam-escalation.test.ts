import { expect, test } from "vitest"
import { type Clients, startWorld, type TestWorld } from "../../src/services/testing.ts"

function document(...Statement: object[]): object {
  return { Version: "2012-10-17", Statement }
}

const allow = (Action: string | string[], Resource: string | string[] = "*") => ({ Effect: "Allow", Action, Resource })

const deny = (Action: string, Resource: string) => ({ ...allow(Action, Resource), Effect: "Deny" })

const trusting = (account: string) =>
  JSON.stringify(
    document({ Effect: "Allow", Principal: { AWS: account }, Action: ["sts:AssumeRole", "sts:TagSession"] }),
  )

interface Issued {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
}

function sessionOf(world: Pick<TestWorld, "as">, issued: Issued | undefined, region = "us-east-1"): Clients {
  const { AccessKeyId, SecretAccessKey, SessionToken } = issued!
  const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
  return world.as({ credentials, region })
}

test("who may tag policies cannot put one of AWS's in the place of its account's own", async () => {
  const { iam, as } = await startWorld()
  const PolicyDocument = JSON.stringify(document(deny("ecs:*", "*")))
  const { Policy } = await iam.createPolicy({ PolicyName: "AdministratorAccess", PolicyDocument })
  const tagger = as({ user: document(allow("iam:TagPolicy")) })

  const named = { PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }
  const Tags = [{ Key: "a", Value: "b" }]
  await expect(tagger.iam.tagPolicy({ ...named, Tags })).rejects.toThrow("is AWS's own")
  await expect(tagger.iam.untagPolicy({ ...named, TagKeys: ["a"] })).rejects.toThrow("UntagPolicy")
  await expect(iam.untagPolicy({ ...named, TagKeys: ["a"] })).rejects.toThrow("is AWS's own")
  expect((await iam.getPolicy({ PolicyArn: Policy!.Arn! })).Policy).toMatchObject({ PolicyName: "AdministratorAccess" })
})

test("what root lends to a federated user is bounded where a resource trusts the account, too", async () => {
  const world = await startWorld()
  const { KeyMetadata } = await world.kms.createKey({})
  const Policy = JSON.stringify(document(allow("kms:DescribeKey")))
  const { Credentials } = await world.sts.getFederationToken({ Name: "bob", Policy })
  const bob = sessionOf(world, Credentials)

  await bob.kms.describeKey({ KeyId: KeyMetadata!.KeyId! })
  await expect(bob.kms.disableKey({ KeyId: KeyMetadata!.KeyId! })).rejects.toThrow("no session policy")
})

test("a partition that is not one's own opens nothing that is closed in one's own", async () => {
  const world = await startWorld()
  const { iam, account, as } = world
  const AssumeRolePolicyDocument = trusting(account)
  const { Role } = await iam.createRole({ RoleName: "admin", AssumeRolePolicyDocument })
  await iam.createRole({ RoleName: "spare", AssumeRolePolicyDocument })
  const own = Role!.Arn!
  const guarded = document(allow("*"), deny("*", own), deny("*", "arn:aws:iam::aws:policy/AdministratorAccess"))
  const ann = as({ user: guarded })

  for (const RoleArn of [own, own.replace("arn:aws:", "arn:aws-cn:"), own.replace("arn:aws:", "arn:aws-x:")]) {
    await expect(ann.sts.assumeRole({ RoleArn, RoleSessionName: "ci" })).rejects.toMatchObject({ name: "AccessDenied" })
  }
  const abroad = as({ credentials: ann.credentials, region: "cn-north-1" })
  await expect(abroad.iam.getRole({ RoleName: "admin" })).rejects.toMatchObject({ name: "InvalidClientTokenId" })
  const PolicyArn = "arn:aws-cn:iam::aws:policy/AdministratorAccess"
  await expect(ann.iam.attachRolePolicy({ RoleName: "spare", PolicyArn })).rejects.toMatchObject({
    name: "ValidationError",
  })

  const { Credentials } = await ann.sts.getSessionToken({})
  const taken = await ann.sts.assumeRole({ RoleArn: own.replace("admin", "spare"), RoleSessionName: "ci" })
  for (const session of [Credentials, taken.Credentials]) {
    await sessionOf(world, session).sts.getCallerIdentity({})
    await expect(sessionOf(world, session, "cn-north-1").sts.getCallerIdentity({})).rejects.toMatchObject({
      name: "InvalidClientTokenId",
    })
  }
})

test("root acts in every partition, and whom it makes there belongs there", async () => {
  const world = await startWorld()
  const root = world.as({ region: "cn-north-1" })
  await root.iam.createUser({ UserName: "li" })
  await root.iam.putUserPolicy({
    UserName: "li",
    PolicyName: "own",
    PolicyDocument: JSON.stringify(document(allow("sts:*"))),
  })
  const { AccessKey } = await root.iam.createAccessKey({ UserName: "li" })
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }

  const li = world.as({ credentials, region: "cn-north-1" })
  expect((await li.sts.getCallerIdentity({})).Arn).toBe(`arn:aws-cn:iam::${world.account}:user/li`)
  const { Credentials } = await li.sts.getFederationToken({ Name: "bob" })
  expect((await sessionOf(world, Credentials, "cn-northwest-1").sts.getCallerIdentity({})).Arn).toContain("arn:aws-cn:")
  for (const sts of [world.as({ credentials }).sts, sessionOf(world, Credentials).sts]) {
    await expect(sts.getCallerIdentity({})).rejects.toMatchObject({ name: "InvalidClientTokenId" })
  }
})

test("a transitive tag stays with what is taken from its session, however its key was capitalised", async () => {
  const world = await startWorld()
  const roles = await Promise.all(
    ["first", "second"].map(async (RoleName) => {
      const { Role } = await world.iam.createRole({ RoleName, AssumeRolePolicyDocument: trusting(world.account) })
      const PolicyDocument = JSON.stringify(document(allow("sts:*"), deny("ecs:*", "*")))
      await world.iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument })
      return { RoleArn: Role!.Arn!, RoleSessionName: "ci" }
    }),
  )
  const guard = { Effect: "Allow", Action: "ecs:ListClusters", Resource: "*" }
  const Condition = { StringEquals: { "aws:PrincipalTag/team": "a" } }
  await world.iam.putRolePolicy({
    RoleName: "second",
    PolicyName: "own",
    PolicyDocument: JSON.stringify(document({ ...guard, Condition })),
  })
  const Tags = [{ Key: "Team", Value: "a" }]
  const first = await world.sts.assumeRole({ ...roles[0]!, Tags, TransitiveTagKeys: ["team"] })
  const second = await sessionOf(world, first.Credentials).sts.assumeRole(roles[1]!)

  await sessionOf(world, second.Credentials).ecs.listClusters({})
})

test("a simulation that would keep everyone else waiting is refused", async () => {
  const { iam } = await startWorld()
  const heavy = JSON.stringify(
    document(...Array.from({ length: 60 }, () => allow("*", `arn:aws:s3:::*${"a".repeat(1000)}b*`))),
  )
  const ResourceArns = Array.from({ length: 100 }, (_, index) => `arn:aws:s3:::${"a".repeat(1900)}${index}`)
  const ActionNames = Array.from({ length: 400 }, (_, index) => `s3:Get${index}`)
  const asked = { PolicyInputList: [heavy], ResourceArns, ActionNames, MaxItems: 1000 }
  await expect(iam.simulateCustomPolicy(asked)).rejects.toThrow("too large")
  await expect(iam.simulateCustomPolicy({ ...asked, ResourceArns: [`arn:${"a".repeat(3000)}`] })).rejects.toThrow(
    "2048",
  )
})
