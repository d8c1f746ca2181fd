import { expect, test } from "vitest"
import { type Clients, startWorld, type TestWorld } from "../../src/services/testing.ts"

function allowing(...actions: string[]): object {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] }
}

const TAKING = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]

function trusting(principal: string): string {
  const statement = { Effect: "Allow", Principal: { AWS: principal }, Action: TAKING }
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
}

interface Answer {
  readonly Credentials?:
    | {
        readonly AccessKeyId: string | undefined
        readonly SecretAccessKey: string | undefined
        readonly SessionToken: string | undefined
      }
    | undefined
}

function sessionOf(world: Pick<TestWorld, "as">, { Credentials }: Answer): Clients {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!
  return world.as({
    credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! },
  })
}

async function start() {
  const world = await startWorld()
  const { iam, account } = world
  const role = async (RoleName: string, policy: object, more: object = {}) => {
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: trusting(account), ...more })
    await iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument: JSON.stringify(policy) })
    return { RoleArn: Role!.Arn!, RoleSessionName: "ci" }
  }
  return { ...world, role }
}

test("a session may only what its role and its own policies both allow", async () => {
  const { sts, role, ...world } = await start()
  const asked = await role("deploy", allowing("ecs:ListClusters", "ecs:CreateCluster"))
  const Policy = JSON.stringify(allowing("ecs:ListClusters", "ecs:ListServices"))
  const taken = await sts.assumeRole({ ...asked, Policy })
  expect(taken.PackedPolicySize).toBeGreaterThan(0)

  const { ecs } = sessionOf(world, taken)
  await ecs.listClusters({})
  await expect(ecs.createCluster({})).rejects.toThrow("because no session policy allows the ecs:CreateCluster action")
  await expect(ecs.listServices({})).rejects.toThrow("because no identity-based policy allows")

  const readOnly = [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }]
  const reader = sessionOf(world, await sts.assumeRole({ ...asked, PolicyArns: readOnly }))
  await reader.ecs.listClusters({})
  await expect(reader.ecs.createCluster({})).rejects.toThrow("no session policy")
  const unknown = [{ arn: "arn:aws:iam::aws:policy/Nothing" }]
  await expect(sts.assumeRole({ ...asked, PolicyArns: unknown })).rejects.toMatchObject({ name: "ValidationError" })
  await expect(sts.assumeRole({ ...asked, Policy: "{" })).rejects.toMatchObject({
    name: "MalformedPolicyDocumentException",
  })
})

test("a session lasts as long as its role lets it, and an hour at most when it is taken from another", async () => {
  const { sts, role, world, ...rest } = await start()
  const long = await role("long", allowing("sts:*"), { MaxSessionDuration: 7200 })
  const refusal = (DurationSeconds: number, by = sts) =>
    by.assumeRole({ ...long, DurationSeconds }).then(
      () => undefined,
      (error) => error.message,
    )
  expect(await refusal(899)).toContain("'durationSeconds' failed to satisfy constraint: Member must have value greater")
  expect(await refusal(7201)).toBe("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
  const taken = await sts.assumeRole({ ...long, DurationSeconds: 7200 })
  expect(taken.Credentials!.Expiration!.getTime()).toBe(world.now() + 7_200_000)

  const chained = sessionOf(rest, taken)
  expect(await refusal(3601, chained.sts)).toBe(
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
  )
  expect(await refusal(3600, chained.sts)).toBeUndefined()
})

test("tags go with a session, transitive ones and the source identity with those taken from it", async () => {
  const { sts, role, ...world } = await start()
  const byTeam = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: TAKING, Resource: "*" },
      {
        Effect: "Allow",
        Action: "ecs:ListClusters",
        Resource: "*",
        Condition: { StringEquals: { "aws:PrincipalTag/team": "a", "aws:SourceIdentity": "ann" } },
      },
    ],
  }
  const first = await role("first", byTeam)
  const second = await role("second", byTeam)
  const Tags = [
    { Key: "team", Value: "a" },
    { Key: "stage", Value: "test" },
  ]
  const taken = await sts.assumeRole({ ...first, Tags, TransitiveTagKeys: ["team"], SourceIdentity: "ann" })
  expect(taken.SourceIdentity).toBe("ann")
  const near = sessionOf(world, taken)
  await near.ecs.listClusters({})

  const onward = await near.sts.assumeRole(second)
  expect(onward.SourceIdentity).toBe("ann")
  await sessionOf(world, onward).ecs.listClusters({})
  await expect(near.sts.assumeRole({ ...second, Tags: [{ Key: "team", Value: "b" }] })).rejects.toMatchObject({
    name: "InvalidParameterValue",
  })
  await expect(near.sts.assumeRole({ ...second, SourceIdentity: "bob" })).rejects.toMatchObject({
    name: "AccessDenied",
  })

  const untagged = sessionOf(world, await sts.assumeRole({ ...first, SourceIdentity: "ann" }))
  await expect(untagged.ecs.listClusters({})).rejects.toThrow("not authorized")
})

test("policies that would not fit into a token are refused", async () => {
  const { sts, role, world } = await start()
  const asked = await role("deploy", allowing("*"))
  const noise = (length: number) => Buffer.from(world.random.bytes(length)).toString("base64url").slice(0, length)
  const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: noise(200) }))
  await expect(sts.assumeRole({ ...asked, Tags })).rejects.toMatchObject({
    name: "PackedPolicyTooLargeException",
    message: expect.stringMatching(/^Packed policy consumes \d+% of allotted space, please use smaller policy\.$/),
  })
})

test("a user's own session may what the user may, but for more sessions and IAM", async () => {
  const { as } = await start()
  const ann = as({ user: allowing("*") })
  const identity = await ann.sts.getCallerIdentity({})
  const session = sessionOf({ as }, await ann.sts.getSessionToken({ DurationSeconds: 900 }))

  expect(await session.sts.getCallerIdentity({})).toEqual({ ...identity, $metadata: expect.anything() })
  await session.ecs.listClusters({})
  await expect(session.sts.getSessionToken({})).rejects.toMatchObject({
    name: "AccessDenied",
    message: "Cannot call GetSessionToken with session credentials",
  })
  await expect(session.iam.listUsers({})).rejects.toMatchObject({ name: "AccessDenied" })
})

test("a federated user may what its policies and those of who made it both allow", async () => {
  const { as, account } = await start()
  const broker = as({ user: allowing("sts:GetFederationToken", "ecs:ListClusters") })
  const Policy = JSON.stringify(allowing("ecs:*"))
  const made = await broker.sts.getFederationToken({ Name: "guest", Policy })
  const arn = `arn:aws:sts::${account}:federated-user/guest`
  expect(made.FederatedUser).toEqual({ FederatedUserId: `${account}:guest`, Arn: arn })

  const guest = sessionOf({ as }, made)
  expect((await guest.sts.getCallerIdentity({})).Arn).toBe(arn)
  await guest.ecs.listClusters({})
  await expect(guest.ecs.createCluster({})).rejects.toThrow(`User: ${arn} is not authorized`)
  const without = sessionOf({ as }, await broker.sts.getFederationToken({ Name: "guest" }))
  await expect(without.ecs.listClusters({})).rejects.toThrow("not authorized")
})

test("a role that is not there is refused like one that trusts nobody", async () => {
  const { sts, account } = await start()
  const RoleArn = `arn:aws:iam::${account}:role/nobody`
  await expect(sts.assumeRole({ RoleArn, RoleSessionName: "ci" })).rejects.toMatchObject({
    name: "AccessDenied",
    message: expect.stringContaining(`is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`),
  })
})

test("an account's root is told whose a key is", async () => {
  const { sts, as } = await start()
  const other = as({ account: "another" })
  const { accessKeyId: AccessKeyId } = other.credentials
  expect((await sts.getAccessKeyInfo({ AccessKeyId })).Account).toBe(other.account)
})
