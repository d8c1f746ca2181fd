import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"

const ALLOWING = document({ Effect: "Allow", Action: "ecs:*", Resource: "*" })
const TRUSTING = document({
  Effect: "Allow",
  Principal: { Service: "ecs-tasks.amazonaws.com" },
  Action: "sts:AssumeRole",
})
const PULLING = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

function document(...Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement })
}

const plain = ({ $metadata: _, ...answer }: { $metadata: unknown }) => answer

test("a user is made, shown, renamed and deleted, and what belongs to it follows", async () => {
  const { iam, account, world } = await startWorld()
  const Tags = [{ Key: "team", Value: "shöp" }]
  const { User } = await iam.createUser({ UserName: "Ann", Path: "/team/", Tags })
  expect(User).toEqual({
    Path: "/team/",
    UserName: "Ann",
    UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
    Arn: `arn:aws:iam::${account}:user/team/Ann`,
    CreateDate: new Date(world.now()),
    Tags,
  })
  await iam.createGroup({ GroupName: "readers" })
  await iam.addUserToGroup({ GroupName: "readers", UserName: "Ann" })
  await iam.updateUser({ UserName: "Ann", NewUserName: "Anna", NewPath: "/" })

  const renamed = { ...User, UserName: "Anna", Path: "/", Arn: `arn:aws:iam::${account}:user/Anna` }
  expect((await iam.getUser({ UserName: "Anna" })).User).toEqual(renamed)
  const { Tags: _, ...shown } = renamed
  expect((await iam.getGroup({ GroupName: "readers" })).Users).toEqual([shown])
  await expect(iam.getUser({ UserName: "Ann" })).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: "The user with name Ann cannot be found.",
  })
  await iam.removeUserFromGroup({ GroupName: "readers", UserName: "Anna" })
  await iam.deleteUser({ UserName: "Anna" })
  expect((await iam.listUsers({})).Users).toEqual([])
})

test("names differ in more than case", async () => {
  const { iam } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  await expect(iam.createUser({ UserName: "ANN" })).rejects.toMatchObject({
    name: "EntityAlreadyExistsException",
    message: "User with name ANN already exists.",
  })
  await iam.createRole({ RoleName: "deploy", AssumeRolePolicyDocument: TRUSTING })
  await expect(iam.createRole({ RoleName: "Deploy", AssumeRolePolicyDocument: TRUSTING })).rejects.toThrow(
    "Role with name Deploy already exists.",
  )
  await expect(iam.createUser({ UserName: "a b" })).rejects.toMatchObject({
    name: "ValidationError",
    message:
      "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
  })
  await expect(iam.createUser({ UserName: "a".repeat(65) })).rejects.toThrow(
    "'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
  )
  await expect(iam.createUser({ UserName: "b", Path: "team" })).rejects.toThrow("It must begin and end with /")
})

test("a secret is shown once, and two keys are as many as a user has", async () => {
  const { iam } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" })
  expect(AccessKey).toMatchObject({
    AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
    SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
    Status: "Active",
  })
  await iam.createAccessKey({ UserName: "ann" })
  await expect(iam.createAccessKey({ UserName: "ann" })).rejects.toMatchObject({
    name: "LimitExceededException",
    message: "Cannot exceed quota for AccessKeysPerUser: 2",
  })
  const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName: "ann" })
  expect(AccessKeyMetadata).toHaveLength(2)
  expect(JSON.stringify(AccessKeyMetadata)).not.toContain("Secret")
  await expect(iam.deleteUser({ UserName: "ann" })).rejects.toMatchObject({
    name: "DeleteConflictException",
    message: "Cannot delete entity, must delete access keys first.",
  })
})

test("an account's root has keys of its own, and keeps the last one", async () => {
  const { iam, credentials, as } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  await iam.createAccessKey({ UserName: "ann" })
  as({ only: ["ecs:Poll"] })
  const { AccessKeyMetadata } = await iam.listAccessKeys({})
  expect(AccessKeyMetadata).toMatchObject([{ AccessKeyId: credentials.accessKeyId, Status: "Active" }])
  const own = { AccessKeyId: credentials.accessKeyId }
  await expect(iam.deleteAccessKey(own)).rejects.toMatchObject({ name: "DeleteConflictException" })
  await expect(iam.updateAccessKey({ ...own, Status: "Inactive" })).rejects.toMatchObject({
    name: "DeleteConflictException",
  })

  const { AccessKey } = await iam.createAccessKey({})
  const { AccessKeyId, SecretAccessKey } = AccessKey!
  const root = as({ credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! } })
  await root.iam.deleteAccessKey(own)
  await expect(iam.listUsers({})).rejects.toMatchObject({ name: "InvalidClientTokenId" })
  expect((await root.sts.getCallerIdentity({})).Arn).toMatch(/:root$/)
})

test("a role is shown with its trust policy as it was written", async () => {
  const { iam, account } = await startWorld()
  const made = await iam.createRole({
    RoleName: "task",
    Path: "/app/",
    AssumeRolePolicyDocument: TRUSTING,
    Description: "for tasks",
    MaxSessionDuration: 7200,
  })
  expect(made.Role).toMatchObject({
    Arn: `arn:aws:iam::${account}:role/app/task`,
    RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
    AssumeRolePolicyDocument: encodeURIComponent(TRUSTING).replaceAll("*", "%2A"),
  })
  const { Role } = await iam.getRole({ RoleName: "task" })
  expect(Role).toMatchObject({ Description: "for tasks", MaxSessionDuration: 7200 })
  expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(TRUSTING)

  await iam.updateRole({ RoleName: "task", Description: "for more", MaxSessionDuration: 3600 })
  expect((await iam.getRole({ RoleName: "task" })).Role).toMatchObject({
    Description: "for more",
    MaxSessionDuration: 3600,
  })
  await expect(iam.updateAssumeRolePolicy({ RoleName: "task", PolicyDocument: ALLOWING })).rejects.toMatchObject({
    name: "MalformedPolicyDocumentException",
  })
  await expect(iam.updateRole({ RoleName: "task", MaxSessionDuration: 60 })).rejects.toThrow(
    "Member must have value greater than or equal to 3600",
  )
})

test("a role trusts nobody who is not there", async () => {
  const { iam, account } = await startWorld()
  const trusting = (AWS: string) => document({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" })
  const own = `arn:aws:iam::${account}`
  for (const name of [`${own}:role/nobody`, `${own}:user/*`, "hello", "arn:aws:s3:::bucket"]) {
    const asked = { RoleName: "ci", AssumeRolePolicyDocument: trusting(name) }
    await expect(iam.createRole(asked)).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
      message: `Invalid principal in policy: "AWS":"${name}"`,
    })
  }

  await iam.createUser({ UserName: "ann" })
  await iam.createRole({ RoleName: "ci", AssumeRolePolicyDocument: trusting(`${own}:user/ann`) })
  const session = `arn:aws:sts::${account}:assumed-role/ci/build`
  for (const name of ["*", account, `${own}:root`, `${own}:role/ci`, session]) {
    await iam.updateAssumeRolePolicy({ RoleName: "ci", PolicyDocument: trusting(name) })
  }
})

test("what still has something cannot be deleted, and says what", async () => {
  const { iam } = await startWorld()
  const RoleName = "task"
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUSTING })
  await iam.createInstanceProfile({ InstanceProfileName: "machine" })
  await iam.addRoleToInstanceProfile({ InstanceProfileName: "machine", RoleName })
  await iam.attachRolePolicy({ RoleName, PolicyArn: PULLING })
  await iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument: ALLOWING })
  const reason = () =>
    iam.deleteRole({ RoleName }).then(
      () => undefined,
      (error) => error.message,
    )

  expect(await reason()).toBe("Cannot delete entity, must remove roles from instance profile first.")
  await iam.removeRoleFromInstanceProfile({ InstanceProfileName: "machine", RoleName })
  expect(await reason()).toBe("Cannot delete entity, must detach all policies first.")
  await iam.detachRolePolicy({ RoleName, PolicyArn: PULLING })
  expect(await reason()).toBe("Cannot delete entity, must delete policies first.")
  await iam.deleteRolePolicy({ RoleName, PolicyName: "own" })
  expect(await reason()).toBeUndefined()
})

test("a managed policy has up to five versions, one of which counts", async () => {
  const { iam } = await startWorld()
  const { Policy } = await iam.createPolicy({ PolicyName: "deploy", PolicyDocument: ALLOWING, Description: "mine" })
  const PolicyArn = Policy!.Arn!
  expect(Policy).toMatchObject({ DefaultVersionId: "v1", AttachmentCount: 0, IsAttachable: true })
  for (const SetAsDefault of [true, false, false, false]) {
    await iam.createPolicyVersion({ PolicyArn, PolicyDocument: ALLOWING, SetAsDefault })
  }
  await expect(iam.createPolicyVersion({ PolicyArn, PolicyDocument: ALLOWING })).rejects.toMatchObject({
    name: "LimitExceededException",
    message:
      "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
  })
  await expect(iam.deletePolicyVersion({ PolicyArn, VersionId: "v2" })).rejects.toMatchObject({
    name: "DeleteConflictException",
    message: "Cannot delete the default version of a policy.",
  })
  await iam.deletePolicyVersion({ PolicyArn, VersionId: "v5" })
  await iam.createPolicyVersion({ PolicyArn, PolicyDocument: ALLOWING })
  const { Versions } = await iam.listPolicyVersions({ PolicyArn })
  expect(Versions!.map(({ VersionId }) => VersionId)).toEqual(["v6", "v4", "v3", "v2", "v1"])
  await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: "v6" })
  expect((await iam.getPolicy({ PolicyArn })).Policy).toMatchObject({ DefaultVersionId: "v6", Description: "mine" })
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId: "v6" })
  expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(ALLOWING)

  await iam.createUser({ UserName: "ann" })
  await iam.attachUserPolicy({ UserName: "ann", PolicyArn })
  await expect(iam.deletePolicy({ PolicyArn })).rejects.toThrow("Cannot delete a policy attached to entities.")
  await iam.detachUserPolicy({ UserName: "ann", PolicyArn })
  await expect(iam.deletePolicy({ PolicyArn })).rejects.toThrow("This policy has more than one version.")
})

test("quotas are AWS's: ten policies on each, so many characters, one role in a profile", async () => {
  const { iam } = await startWorld()
  await iam.createGroup({ GroupName: "many" })
  for (let n = 0; n < 11; n++) {
    const { Policy } = await iam.createPolicy({ PolicyName: `p${n}`, PolicyDocument: ALLOWING })
    const attached = iam.attachGroupPolicy({ GroupName: "many", PolicyArn: Policy!.Arn! })
    if (n < 10) await attached
    else await expect(attached).rejects.toThrow("Cannot exceed quota for PoliciesPerGroup: 10")
  }
  const long = (length: number) => document({ Effect: "Allow", Action: `ecs:${"a".repeat(length)}`, Resource: "*" })
  await expect(iam.createPolicy({ PolicyName: "long", PolicyDocument: long(6100) })).rejects.toThrow(
    "Cannot exceed quota for PolicySize: 6144",
  )
  await iam.createUser({ UserName: "ann" })
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "one", PolicyDocument: long(1500) })
  await expect(iam.putUserPolicy({ UserName: "ann", PolicyName: "two", PolicyDocument: long(1500) })).rejects.toThrow(
    "Maximum policy size of 2048 bytes exceeded for user ann",
  )

  await iam.createInstanceProfile({ InstanceProfileName: "machine" })
  for (const RoleName of ["one", "two"]) await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUSTING })
  await iam.addRoleToInstanceProfile({ InstanceProfileName: "machine", RoleName: "one" })
  await expect(iam.addRoleToInstanceProfile({ InstanceProfileName: "machine", RoleName: "two" })).rejects.toThrow(
    "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
  )
})

test("a listing is read page by page, whatever is made and deleted meanwhile", async () => {
  const { iam } = await startWorld()
  for (const UserName of ["a", "b", "c", "d", "e"]) await iam.createUser({ UserName })
  const first = await iam.listUsers({ MaxItems: 2 })
  expect(first).toMatchObject({ IsTruncated: true, Users: [{ UserName: "a" }, { UserName: "b" }] })
  await iam.deleteUser({ UserName: "c" })
  await iam.createUser({ UserName: "aa" })
  const rest = await iam.listUsers({ Marker: first.Marker!, MaxItems: 1000 })
  expect(plain(rest)).toMatchObject({ IsTruncated: false, Users: [{ UserName: "d" }, { UserName: "e" }] })
  await expect(iam.listUsers({ Marker: "made up" })).rejects.toMatchObject({ name: "ValidationError" })
  await expect(iam.listGroups({ Marker: first.Marker! })).rejects.toMatchObject({ name: "ValidationError" })
})

test("a policy tells who has it, and AWS's own are there to be attached", async () => {
  const { iam } = await startWorld()
  await iam.createRole({ RoleName: "task", AssumeRolePolicyDocument: TRUSTING })
  await iam.attachRolePolicy({ RoleName: "task", PolicyArn: PULLING })
  await iam.attachRolePolicy({ RoleName: "task", PolicyArn: PULLING })
  const { Role } = await iam.getRole({ RoleName: "task" })
  expect(plain(await iam.listEntitiesForPolicy({ PolicyArn: PULLING }))).toEqual({
    PolicyGroups: [],
    PolicyUsers: [],
    PolicyRoles: [{ RoleName: "task", RoleId: Role!.RoleId }],
    IsTruncated: false,
  })
  const attached = await iam.listPolicies({ OnlyAttached: true })
  expect(attached.Policies).toMatchObject([{ Arn: PULLING, Path: "/service-role/", AttachmentCount: 1 }])
  await expect(iam.deletePolicy({ PolicyArn: PULLING })).rejects.toMatchObject({ name: "ValidationError" })
  const PolicyArn = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
  await expect(iam.attachRolePolicy({ RoleName: "task", PolicyArn })).rejects.toMatchObject({
    name: "PolicyNotAttachableException",
  })
})

test("a service's own role has AWS's name and place, and only the service changes it", async () => {
  const { iam, account } = await startWorld()
  const { Role } = await iam.createServiceLinkedRole({ AWSServiceName: "ecs.amazonaws.com" })
  expect(Role).toMatchObject({
    RoleName: "AWSServiceRoleForECS",
    Arn: `arn:aws:iam::${account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
  })
  const RoleName = Role!.RoleName!
  await expect(iam.createServiceLinkedRole({ AWSServiceName: "ecs.amazonaws.com" })).rejects.toMatchObject({
    name: "InvalidInputException",
    message: "Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.",
  })
  for (const change of [
    () => iam.deleteRole({ RoleName }),
    () => iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument: ALLOWING }),
    () => iam.attachRolePolicy({ RoleName, PolicyArn: PULLING }),
  ]) {
    await expect(change()).rejects.toMatchObject({
      name: "UnmodifiableEntityException",
      message: `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`,
    })
  }
  await iam.updateRoleDescription({ RoleName, Description: "ours" })
  const { DeletionTaskId } = await iam.deleteServiceLinkedRole({ RoleName })
  expect((await iam.getServiceLinkedRoleDeletionStatus({ DeletionTaskId })).Status).toBe("SUCCEEDED")
  await expect(iam.getRole({ RoleName })).rejects.toMatchObject({ name: "NoSuchEntityException" })
})

test("everything about an account is told at once", async () => {
  const { iam, account } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  await iam.createGroup({ GroupName: "readers" })
  await iam.addUserToGroup({ UserName: "ann", GroupName: "readers" })
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "own", PolicyDocument: ALLOWING })
  await iam.createRole({ RoleName: "task", AssumeRolePolicyDocument: TRUSTING })
  await iam.attachRolePolicy({ RoleName: "task", PolicyArn: PULLING })
  const { Policy } = await iam.createPolicy({ PolicyName: "mine", PolicyDocument: ALLOWING })

  const details = await iam.getAccountAuthorizationDetails({})
  expect(details).toMatchObject({
    UserDetailList: [
      {
        Arn: `arn:aws:iam::${account}:user/ann`,
        GroupList: ["readers"],
        UserPolicyList: [{ PolicyName: "own" }],
      },
    ],
    GroupDetailList: [{ GroupName: "readers" }],
    RoleDetailList: [{ RoleName: "task", AttachedManagedPolicies: [{ PolicyArn: PULLING }] }],
    IsTruncated: false,
  })
  expect(details.Policies!.map(({ Arn }) => Arn)).toEqual([Policy!.Arn, PULLING])
  const { SummaryMap } = await iam.getAccountSummary({})
  expect(SummaryMap).toMatchObject({ Users: 1, Groups: 1, Roles: 1, Policies: 1, AccessKeysPerUserQuota: 2 })
})

test("an account has an alias and a password policy of its own", async () => {
  const { iam } = await startWorld()
  await iam.createAccountAlias({ AccountAlias: "my-shop" })
  expect((await iam.listAccountAliases({})).AccountAliases).toEqual(["my-shop"])
  await iam.deleteAccountAlias({ AccountAlias: "my-shop" })
  expect((await iam.listAccountAliases({})).AccountAliases).toEqual([])

  await expect(iam.getAccountPasswordPolicy({})).rejects.toMatchObject({ name: "NoSuchEntityException" })
  await iam.updateAccountPasswordPolicy({ MinimumPasswordLength: 12, MaxPasswordAge: 90 })
  expect((await iam.getAccountPasswordPolicy({})).PasswordPolicy).toMatchObject({
    MinimumPasswordLength: 12,
    ExpirePasswords: true,
    MaxPasswordAge: 90,
    RequireSymbols: false,
  })
})

test("tags are at most fifty, and keys that differ in case are one", async () => {
  const { iam } = await startWorld()
  await iam.createUser({ UserName: "ann" })
  await iam.tagUser({ UserName: "ann", Tags: [{ Key: "Team", Value: "a" }] })
  await iam.tagUser({ UserName: "ann", Tags: [{ Key: "team", Value: "b" }] })
  expect((await iam.listUserTags({ UserName: "ann" })).Tags).toEqual([{ Key: "team", Value: "b" }])
  const twice = [
    { Key: "x", Value: "1" },
    { Key: "X", Value: "2" },
  ]
  await expect(iam.tagUser({ UserName: "ann", Tags: twice })).rejects.toMatchObject({
    name: "InvalidInputException",
    message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
  })
})
