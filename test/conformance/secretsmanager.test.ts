import { randomUUID } from "node:crypto"
import { expect, test } from "vitest"
import { secretVersions } from "../../src/services/secretsmanager/tables.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

const DAY_MS = 24 * 60 * 60 * 1000
const MISSING = {
  name: "ResourceNotFoundException",
  message: "Secrets Manager can't find the specified secret.",
}

async function startSecret(SecretString = "hunter2") {
  const region = await startWorld()
  const { ARN, VersionId } = await region.secretsManager.createSecret({ Name: "shop/db", SecretString })
  return { ...region, SecretId: "shop/db", ARN: ARN!, VersionId: VersionId! }
}

/** Lets time pass, and comes back as a caller whose clock has gone on as well. */
async function later(region: Pick<TestWorld, "world" | "as">, ms: number) {
  await region.world.advance(ms)
  return region.as({}).secretsManager
}

test("a secret is made, described and read by its name, its ARN and most of its ARN", async () => {
  const { secretsManager, account, world } = await startWorld()
  const Tags = [{ Key: "stage", Value: "test" }]
  const made = await secretsManager.createSecret({ Name: "shop/db", Description: "d", SecretString: "hunter2", Tags })
  const ARN = made.ARN!
  expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:${account}:secret:shop/db-[A-Za-z0-9]{6}$`))
  expect(made).toMatchObject({ Name: "shop/db", VersionId: expect.stringMatching(/^[0-9a-f-]{36}$/) })

  for (const SecretId of ["shop/db", ARN, ARN.slice(0, -7)]) {
    expect(await secretsManager.getSecretValue({ SecretId })).toMatchObject({
      ARN,
      Name: "shop/db",
      SecretString: "hunter2",
      VersionId: made.VersionId,
      VersionStages: ["AWSCURRENT"],
      CreatedDate: new Date(Math.floor(world.now() / 1000) * 1000),
    })
  }
  const { $metadata: _, ...described } = await secretsManager.describeSecret({ SecretId: ARN })
  expect(described).toEqual({
    ARN,
    Name: "shop/db",
    Description: "d",
    Tags,
    CreatedDate: expect.any(Date),
    LastChangedDate: expect.any(Date),
    LastAccessedDate: new Date(world.now() - (world.now() % DAY_MS)),
    VersionIdsToStages: { [made.VersionId!]: ["AWSCURRENT"] },
  })
  await expect(secretsManager.getSecretValue({ SecretId: "shop" })).rejects.toMatchObject(MISSING)
  for (const SecretId of [`${ARN}x`, ARN.replace("us-east-1", "eu-west-1")]) {
    await expect(secretsManager.getSecretValue({ SecretId })).rejects.toMatchObject(MISSING)
  }
})

test("a secret's name is taken until it is gone, and the same request twice makes it once", async () => {
  const { secretsManager } = await startWorld()
  const request = { Name: "a", SecretString: "1", ClientRequestToken: randomUUID() }
  const first = await secretsManager.createSecret(request)
  expect((await secretsManager.createSecret(request)).ARN).toBe(first.ARN)
  await expect(secretsManager.createSecret({ ...request, SecretString: "2" })).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: expect.stringContaining("is already in use for a version of secret"),
  })
  await expect(secretsManager.createSecret({ Name: "a", SecretString: "1" })).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: "The operation failed because the secret a already exists.",
  })
  await expect(secretsManager.createSecret({ Name: "a b" })).rejects.toThrow("Invalid name.")
  await expect(
    secretsManager.createSecret({ Name: "b", AddReplicaRegions: [{ Region: "eu-west-1" }] }),
  ).rejects.toThrow("Homeport does not have replicas of secrets")
})

test("a binary secret comes back as it went in, and one cannot be both", async () => {
  const { secretsManager } = await startWorld()
  const SecretBinary = Uint8Array.of(0, 255, 7)
  await secretsManager.createSecret({ Name: "b", SecretBinary })
  const read = await secretsManager.getSecretValue({ SecretId: "b" })
  expect(Buffer.from(read.SecretBinary!)).toEqual(Buffer.from(SecretBinary))
  expect(read).not.toHaveProperty("SecretString")
  await expect(secretsManager.createSecret({ Name: "c", SecretBinary, SecretString: "x" })).rejects.toMatchObject({
    name: "InvalidParameterException",
  })
  await expect(secretsManager.createSecret({ Name: "c", SecretString: "x".repeat(65_537) })).rejects.toMatchObject({
    name: "ValidationException",
  })
})

test("a new value becomes the current one, and the one before it stays as the previous", async () => {
  const { secretsManager, SecretId, VersionId: first } = await startSecret("1")
  const { VersionId: second, VersionStages } = await secretsManager.putSecretValue({ SecretId, SecretString: "2" })
  expect(VersionStages).toEqual(["AWSCURRENT"])
  const { VersionId: third } = await secretsManager.updateSecret({ SecretId, SecretString: "3", Description: "d" })
  const value = async (VersionStage?: string) =>
    (await secretsManager.getSecretValue({ SecretId, ...(VersionStage && { VersionStage }) })).SecretString
  expect([await value(), await value("AWSPREVIOUS")]).toEqual(["3", "2"])
  expect((await secretsManager.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
    [second!]: ["AWSPREVIOUS"],
    [third!]: ["AWSCURRENT"],
  })

  expect((await secretsManager.getSecretValue({ SecretId, VersionId: first })).SecretString).toBe("1")
  const labelled = await secretsManager.listSecretVersionIds({ SecretId })
  expect(labelled.Versions!.map(({ VersionId }) => VersionId).sort()).toEqual([second, third].sort())
  const all = await secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true, MaxResults: 2 })
  expect(all.Versions).toHaveLength(2)
  const rest = await secretsManager.listSecretVersionIds({
    SecretId,
    IncludeDeprecated: true,
    MaxResults: 2,
    NextToken: all.NextToken!,
  })
  expect(rest.Versions).toHaveLength(1)
  expect(rest.NextToken).toBeUndefined()
})

test("a version that is put twice under its token is made once, and never with another value", async () => {
  const { secretsManager, SecretId } = await startSecret()
  const request = { SecretId, SecretString: "2", ClientRequestToken: randomUUID() }
  const first = await secretsManager.putSecretValue(request)
  expect(first.VersionId).toBe(request.ClientRequestToken)
  await secretsManager.putSecretValue(request)
  await expect(secretsManager.putSecretValue({ ...request, SecretString: "3" })).rejects.toMatchObject({
    name: "ResourceExistsException",
  })
  expect((await secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true })).Versions).toHaveLength(2)
})

test("a rotation by hand: a pending value is put, tried, and made the current one", async () => {
  const { secretsManager, SecretId, VersionId: old } = await startSecret("old")
  const { VersionId: pending } = await secretsManager.putSecretValue({
    SecretId,
    SecretString: "new",
    VersionStages: ["AWSPENDING"],
  })
  expect((await secretsManager.getSecretValue({ SecretId })).SecretString).toBe("old")
  const tried = await secretsManager.getSecretValue({ SecretId, VersionStage: "AWSPENDING", VersionId: pending! })
  expect(tried.SecretString).toBe("new")

  const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: pending! }
  await expect(secretsManager.updateSecretVersionStage(move)).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${old}, so you must explicitly reference that version in RemoveFromVersionId.`,
  })
  await secretsManager.updateSecretVersionStage({ ...move, RemoveFromVersionId: old })
  await secretsManager.updateSecretVersionStage({
    SecretId,
    VersionStage: "AWSPENDING",
    RemoveFromVersionId: pending!,
  })
  expect((await secretsManager.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
    [pending!]: ["AWSCURRENT"],
    [old]: ["AWSPREVIOUS"],
  })
  await expect(
    secretsManager.updateSecretVersionStage({ SecretId, VersionStage: "AWSCURRENT", RemoveFromVersionId: pending! }),
  ).rejects.toThrow("It can't be completely removed.")
  await expect(secretsManager.getSecretValue({ SecretId, VersionStage: "AWSPENDING" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
  })
  await expect(
    secretsManager.getSecretValue({ SecretId, VersionStage: "AWSPREVIOUS", VersionId: pending! }),
  ).rejects.toThrow("You provided a VersionStage that is not associated to the provided VersionId.")
})

test("a secret without a value says so when it is read", async () => {
  const { secretsManager } = await startWorld()
  expect(await secretsManager.createSecret({ Name: "empty" })).not.toHaveProperty("VersionId")
  await expect(secretsManager.getSecretValue({ SecretId: "empty" })).rejects.toMatchObject({
    message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
  })
  await expect(secretsManager.putSecretValue({ SecretId: "empty" })).rejects.toThrow(
    "You must provide either SecretString or SecretBinary.",
  )
  const { VersionStages } = await secretsManager.putSecretValue({
    SecretId: "empty",
    SecretString: "x",
    VersionStages: ["mine"],
  })
  expect(VersionStages).toEqual(["AWSCURRENT", "mine"])
})

test("deprecated versions go once there are many, but none within a day of its making", async () => {
  const region = await startSecret("0")
  const { secretsManager, SecretId, VersionId: first } = region
  for (let i = 1; i <= 104; i++) await secretsManager.putSecretValue({ SecretId, SecretString: String(i) })
  await secretsManager.getSecretValue({ SecretId, VersionId: first })

  const after = await later(region, DAY_MS + 1000)
  await after.putSecretValue({ SecretId, SecretString: "last" })
  await expect(after.getSecretValue({ SecretId, VersionId: first })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  })
  const ids: string[] = []
  let NextToken: string | undefined
  do {
    const page = await after.listSecretVersionIds({
      SecretId,
      IncludeDeprecated: true,
      ...(NextToken && { NextToken }),
    })
    ids.push(...page.Versions!.map(({ VersionId }) => VersionId!))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  expect(ids).toHaveLength(100)
  expect((await after.getSecretValue({ SecretId, VersionStage: "AWSPREVIOUS" })).SecretString).toBe("104")
})

test("a deleted secret is unreadable, can be restored, and is gone when its time is over", async () => {
  const region = await startSecret()
  const { secretsManager, SecretId, ARN, world } = region
  const deleted = await secretsManager.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
  expect(deleted).toMatchObject({ ARN, Name: SecretId })
  expect(deleted.DeletionDate!.getTime()).toBeCloseTo(world.now() + 7 * DAY_MS, -4)
  const marked = {
    name: "InvalidRequestException",
    message: "You can't perform this operation on the secret because it was marked for deletion.",
  }
  await expect(secretsManager.getSecretValue({ SecretId })).rejects.toMatchObject(marked)
  await expect(secretsManager.putSecretValue({ SecretId, SecretString: "x" })).rejects.toMatchObject(marked)
  await expect(secretsManager.createSecret({ Name: SecretId })).rejects.toThrow("is already scheduled for deletion.")
  expect((await secretsManager.describeSecret({ SecretId })).DeletedDate).toBeInstanceOf(Date)
  expect((await secretsManager.listSecrets({})).SecretList).toEqual([])
  expect((await secretsManager.listSecrets({ IncludePlannedDeletion: true })).SecretList).toHaveLength(1)

  await secretsManager.restoreSecret({ SecretId })
  expect((await secretsManager.getSecretValue({ SecretId })).SecretString).toBe("hunter2")

  await secretsManager.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
  const before = await later(region, 7 * DAY_MS - 60_000)
  await before.describeSecret({ SecretId })
  const after = await later(region, 120_000)
  await expect(after.describeSecret({ SecretId })).rejects.toMatchObject(MISSING)
  expect(region.store.size(secretVersions)).toBe(0)
  const again = await after.createSecret({ Name: SecretId, SecretString: "fresh" })
  expect(again.ARN).not.toBe(ARN)
  await expect(after.getSecretValue({ SecretId: ARN })).rejects.toMatchObject(MISSING)
})

test("a secret can be deleted at once, also where there is none", async () => {
  const { secretsManager, SecretId } = await startSecret()
  await expect(
    secretsManager.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 }),
  ).rejects.toThrow("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  await expect(secretsManager.deleteSecret({ SecretId, RecoveryWindowInDays: 6 })).rejects.toThrow("between 7 and 30")
  await secretsManager.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
  await secretsManager.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
  await expect(secretsManager.deleteSecret({ SecretId })).rejects.toMatchObject(MISSING)
  await secretsManager.createSecret({ Name: SecretId })
})

test("secrets are listed by filters, in order and in pages", async () => {
  const { secretsManager } = await startWorld()
  const secrets = [
    { Name: "shop/db", Description: "The main Database", Tags: [{ Key: "stage", Value: "prod" }] },
    { Name: "shop/mail", Description: "smtp", Tags: [{ Key: "stage", Value: "test" }] },
    { Name: "Other", Tags: [{ Key: "team", Value: "a" }] },
  ]
  for (const secret of secrets) await secretsManager.createSecret(secret)
  const names = async (...Filters: { Key: string; Values: string[] }[]) =>
    (await secretsManager.listSecrets({ Filters: Filters as never })).SecretList!.map(({ Name }) => Name).sort()

  expect(await names({ Key: "name", Values: ["shop/"] })).toEqual(["shop/db", "shop/mail"])
  expect(await names({ Key: "name", Values: ["!shop/"] })).toEqual(["Other"])
  expect(await names({ Key: "name", Values: ["other"] })).toEqual([])
  expect(await names({ Key: "description", Values: ["database"] })).toEqual(["shop/db"])
  expect(await names({ Key: "tag-key", Values: ["sta"] }, { Key: "tag-value", Values: ["prod"] })).toEqual(["shop/db"])
  expect(await names({ Key: "all", Values: ["SMTP"] })).toEqual(["shop/mail"])
  await expect(names({ Key: "colour", Values: ["red"] })).rejects.toMatchObject({ name: "ValidationException" })

  const order = { SortBy: "name", SortOrder: "desc", MaxResults: 2 } as const
  const first = await secretsManager.listSecrets(order)
  const second = await secretsManager.listSecrets({ ...order, NextToken: first.NextToken! })
  expect([...first.SecretList!, ...second.SecretList!].map(({ Name }) => Name)).toEqual([
    "shop/mail",
    "shop/db",
    "Other",
  ])
  expect(second.NextToken).toBeUndefined()
  await expect(secretsManager.listSecrets({ NextToken: first.NextToken! })).rejects.toMatchObject({
    name: "InvalidNextTokenException",
  })
})

test("many secrets are read at once, and each that cannot be read says why", async () => {
  const { secretsManager } = await startWorld()
  for (const Name of ["a", "b", "empty"]) {
    await secretsManager.createSecret({ Name, ...(Name !== "empty" && { SecretString: `value of ${Name}` }) })
  }
  const read = await secretsManager.batchGetSecretValue({ SecretIdList: ["a", "b", "empty", "none"] })
  expect(read.SecretValues!.map(({ SecretString }) => SecretString)).toEqual(["value of a", "value of b"])
  expect(read.Errors).toMatchObject([
    { SecretId: "empty", ErrorCode: "ResourceNotFoundException" },
    { SecretId: "none", ErrorCode: "ResourceNotFoundException", Message: MISSING.message },
  ])
  const Filters = [{ Key: "name" as const, Values: ["a", "b"] }]
  const first = await secretsManager.batchGetSecretValue({ Filters, MaxResults: 1 })
  const second = await secretsManager.batchGetSecretValue({ Filters, MaxResults: 1, NextToken: first.NextToken! })
  expect([first, second].flatMap(({ SecretValues }) => SecretValues!.map(({ Name }) => Name)).sort()).toEqual([
    "a",
    "b",
  ])
  await expect(secretsManager.batchGetSecretValue({})).rejects.toMatchObject({ name: "InvalidParameterException" })
})

test("tags are added and taken away", async () => {
  const { secretsManager, SecretId } = await startSecret()
  await secretsManager.tagResource({
    SecretId,
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
  })
  await secretsManager.untagResource({ SecretId, TagKeys: ["a"] })
  expect((await secretsManager.describeSecret({ SecretId })).Tags).toEqual([{ Key: "b", Value: "2" }])
})

test("a rotation is refused where nothing could do it, and its settings are kept", async () => {
  const { secretsManager, SecretId, account } = await startSecret()
  await expect(secretsManager.rotateSecret({ SecretId })).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: "No Lambda rotation function ARN is associated with this secret.",
  })
  const settings = {
    SecretId,
    RotationLambdaARN: `arn:aws:lambda:us-east-1:${account}:function:rotate`,
    RotationRules: { AutomaticallyAfterDays: 30 },
  }
  await expect(secretsManager.rotateSecret(settings)).rejects.toThrow("cannot invoke the specified Lambda function")
  expect(await secretsManager.describeSecret({ SecretId })).not.toHaveProperty("RotationEnabled")

  await secretsManager.rotateSecret({ ...settings, RotateImmediately: false })
  expect(await secretsManager.describeSecret({ SecretId })).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: settings.RotationLambdaARN,
    RotationRules: { AutomaticallyAfterDays: 30 },
  })
  await secretsManager.cancelRotateSecret({ SecretId })
  expect((await secretsManager.describeSecret({ SecretId })).RotationEnabled).toBe(false)
})

test("a resource policy is put, shown, checked and taken away", async () => {
  const { secretsManager, SecretId, account } = await startSecret()
  const policy = (AWS: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS }, Action: "secretsmanager:GetSecretValue", Resource: "*" }],
    })
  const ResourcePolicy = policy(`arn:aws:iam::${account}:root`)
  await secretsManager.putResourcePolicy({ SecretId, ResourcePolicy })
  expect((await secretsManager.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(ResourcePolicy)
  await expect(secretsManager.putResourcePolicy({ SecretId, ResourcePolicy: "{" })).rejects.toMatchObject({
    name: "MalformedPolicyDocumentException",
  })
  await expect(
    secretsManager.putResourcePolicy({ SecretId, ResourcePolicy: policy("*"), BlockPublicPolicy: true }),
  ).rejects.toMatchObject({ name: "PublicPolicyException" })
  const checked = await secretsManager.validateResourcePolicy({ SecretId, ResourcePolicy: policy("*") })
  expect(checked).toMatchObject({ PolicyValidationPassed: false, ValidationErrors: [{ CheckName: "PUBLIC_POLICY" }] })
  expect((await secretsManager.validateResourcePolicy({ ResourcePolicy })).PolicyValidationPassed).toBe(true)
  await secretsManager.deleteResourcePolicy({ SecretId })
  expect(await secretsManager.getResourcePolicy({ SecretId })).not.toHaveProperty("ResourcePolicy")
})

test("a secret lies under the key that it names, and is lost with it for as long as that is disabled", async () => {
  const { secretsManager, kms } = await startWorld()
  const key = (await kms.createKey({})).KeyMetadata!
  await kms.createAlias({ AliasName: "alias/shop", TargetKeyId: key.KeyId! })
  await secretsManager.createSecret({ Name: "a", SecretString: "hunter2", KmsKeyId: "alias/shop" })
  expect((await secretsManager.describeSecret({ SecretId: "a" })).KmsKeyId).toBe("alias/shop")
  const { Versions } = await secretsManager.listSecretVersionIds({ SecretId: "a" })
  expect(Versions![0]!.KmsKeyIds).toEqual([key.Arn])

  await kms.disableKey({ KeyId: key.KeyId! })
  await expect(secretsManager.getSecretValue({ SecretId: "a" })).rejects.toMatchObject({
    name: "DecryptionFailure",
    message: expect.stringContaining(`${key.Arn} is disabled.`),
  })
  await kms.enableKey({ KeyId: key.KeyId! })
  await kms.rotateKeyOnDemand({ KeyId: key.KeyId! })
  expect((await secretsManager.getSecretValue({ SecretId: "a" })).SecretString).toBe("hunter2")

  await secretsManager.updateSecret({ SecretId: "a", KmsKeyId: "alias/aws/secretsmanager" })
  await kms.disableKey({ KeyId: key.KeyId! })
  expect((await secretsManager.getSecretValue({ SecretId: "a" })).SecretString).toBe("hunter2")
  await expect(
    secretsManager.createSecret({ Name: "b", SecretString: "x", KmsKeyId: "alias/none" }),
  ).rejects.toMatchObject({ name: "EncryptionFailure" })
})

test("no record, log line or error says what a secret is", async () => {
  const region = await startWorld()
  const { secretsManager, store, log } = region
  const records: string[] = []
  store.observe(({ changes }) => records.push(JSON.stringify(changes.map(({ after }) => after ?? null))))
  const value = "correct-horse-battery-staple"
  const complaints: string[] = []
  const refused = (work: Promise<unknown>) => work.catch((error) => complaints.push(`${error}`))
  await secretsManager.createSecret({ Name: "a", SecretString: value })
  await secretsManager.putSecretValue({ SecretId: "a", SecretString: `{"password":"${value}"}` })
  await secretsManager.getSecretValue({ SecretId: "a" })
  await refused(secretsManager.createSecret({ Name: "a", SecretString: value }))
  await refused(secretsManager.createSecret({ Name: "b", SecretString: value.repeat(3000) }))
  await refused(secretsManager.putSecretValue({ SecretId: "c", SecretString: value }))

  expect(complaints).toHaveLength(3)
  const everything = [...records, ...complaints, JSON.stringify(log.lines)].join("\n")
  expect(records.length).toBeGreaterThan(2)
  for (const told of [value, Buffer.from(value).toString("base64").slice(0, -4), Buffer.from(value).toString("hex")]) {
    expect(everything).not.toContain(told)
  }
})

test("another account sees nothing of a secret, and is denied it by ARN", async () => {
  const { ARN, as } = await startSecret()
  const { secretsManager: theirs } = as({ account: "another" })
  await expect(theirs.getSecretValue({ SecretId: "shop/db" })).rejects.toMatchObject(MISSING)
  await expect(theirs.getSecretValue({ SecretId: ARN })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining(`not authorized to perform: secretsmanager:GetSecretValue on resource: ${ARN}`),
  })
  expect((await theirs.listSecrets({})).SecretList).toEqual([])
})

test("labels keep no more versions than there are labels for a secret", async () => {
  const { secretsManager, SecretId } = await startSecret()
  const put = (label: string) =>
    secretsManager.putSecretValue({ SecretId, SecretString: label, VersionStages: [label] })
  // The first version has AWSCURRENT.
  for (let n = 1; n < 20; n++) await put(`label-${n}`)
  const full = { name: "LimitExceededException" }
  await expect(put("one-more")).rejects.toMatchObject(full)
  await put("label-7")
  const { VersionIdsToStages = {} } = await secretsManager.describeSecret({ SecretId })
  const [MoveToVersionId] = Object.keys(VersionIdsToStages)
  await expect(
    secretsManager.updateSecretVersionStage({ SecretId, VersionStage: "one-more", MoveToVersionId }),
  ).rejects.toMatchObject(full)
})

test("values that are put all the time are refused before they fill the memory, and taken again a day later", async () => {
  const { SecretId, ...region } = await startSecret()
  const put = (secretsManager: TestWorld["secretsManager"], n: number) =>
    secretsManager.putSecretValue({ SecretId, SecretString: `value ${n}` })
  for (let n = 1; n < 200; n++) await put(region.secretsManager, n)
  await expect(put(region.secretsManager, 200)).rejects.toMatchObject({ name: "LimitExceededException" })
  await put(await later(region, DAY_MS), 200)
})

test("what is gone already is deleted again without recovery, under the ARN that was named", async () => {
  const { secretsManager, ARN: SecretId } = await startSecret()
  const gone = { SecretId, ForceDeleteWithoutRecovery: true }
  await secretsManager.deleteSecret(gone)
  expect(await secretsManager.deleteSecret(gone)).toMatchObject({ ARN: SecretId })
})
