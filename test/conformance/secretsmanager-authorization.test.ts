import { expect, test } from "vitest"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

// What identity policies, resource policies and keys let users do with secrets.

function allowing(Action: string | readonly string[], Resource: string | readonly string[] = "*", more: object = {}) {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...more }] }
}

const DENIED = { name: "AccessDeniedException" }
const READ = "secretsmanager:GetSecretValue"

async function startSecret(more: object = {}) {
  const region = await startWorld()
  const { ARN } = await region.secretsManager.createSecret({ Name: "shop/db", SecretString: "hunter2", ...more })
  return { ...region, SecretId: "shop/db", ARN: ARN! }
}

async function arnOf({ sts }: Pick<TestWorld, "sts">): Promise<string> {
  return (await sts.getCallerIdentity({})).Arn!
}

test("a user reads the secrets that its policy names, by their ARN or with a wildcard for its end", async () => {
  const { as, SecretId, ARN, account } = await startSecret()
  for (const resource of [ARN, `arn:aws:secretsmanager:us-east-1:${account}:secret:shop/*`]) {
    const { secretsManager } = as({ user: allowing(READ, resource) })
    expect((await secretsManager.getSecretValue({ SecretId })).SecretString).toBe("hunter2")
    await expect(secretsManager.describeSecret({ SecretId })).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringContaining(
        `not authorized to perform: secretsmanager:DescribeSecret on resource: ${SecretId} because no identity-based policy allows`,
      ),
    })
    await expect(secretsManager.getSecretValue({ SecretId: "other" })).rejects.toMatchObject(DENIED)
  }
})

test("a policy can ask for the stage, the tags and the name of a secret", async () => {
  const { as, SecretId } = await startSecret({ Tags: [{ Key: "stage", Value: "test" }] })
  const reads = (Condition: object, more: object = {}) =>
    as({ user: allowing(READ, "*", { Condition }) })
      .secretsManager.getSecretValue({ SecretId, ...more })
      .then(
        () => true,
        () => false,
      )
  expect(await reads({ StringEquals: { "secretsmanager:VersionStage": "AWSCURRENT" } })).toBe(true)
  expect(await reads({ StringEquals: { "secretsmanager:VersionStage": "AWSPENDING" } })).toBe(false)
  expect(await reads({ StringEquals: { "secretsmanager:ResourceTag/stage": "test" } })).toBe(true)
  expect(await reads({ StringEquals: { "aws:ResourceTag/stage": "prod" } })).toBe(false)
  expect(await reads({ StringEquals: { "secretsmanager:SecretId": SecretId } })).toBe(true)

  const Condition = { StringLike: { "secretsmanager:Name": "shop/*" } }
  const maker = as({ user: allowing("secretsmanager:CreateSecret", "*", { Condition }) }).secretsManager
  await maker.createSecret({ Name: "shop/mail" })
  await expect(maker.createSecret({ Name: "mail" })).rejects.toMatchObject(DENIED)
})

test("a resource policy lets a user in, and keeps one out", async () => {
  const { as, secretsManager, SecretId } = await startSecret()
  const admitted = as({
    user: { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "x:y", Resource: "*" }] },
  })
  const excluded = as({ user: allowing("secretsmanager:*") })
  const statement = async (Effect: string, user: Pick<TestWorld, "sts">) => ({
    Effect,
    Principal: { AWS: await arnOf(user) },
    Action: READ,
    Resource: "*",
  })
  const Statement = [await statement("Allow", admitted), await statement("Deny", excluded)]
  await secretsManager.putResourcePolicy({
    SecretId,
    ResourcePolicy: JSON.stringify({ Version: "2012-10-17", Statement }),
  })
  expect((await admitted.secretsManager.getSecretValue({ SecretId })).SecretString).toBe("hunter2")
  await expect(excluded.secretsManager.getSecretValue({ SecretId })).rejects.toThrow("with an explicit deny")
  await excluded.secretsManager.describeSecret({ SecretId })
  await secretsManager.deleteResourcePolicy({ SecretId })
  await expect(admitted.secretsManager.getSecretValue({ SecretId })).rejects.toMatchObject(DENIED)
})

test("another account reads a secret that lets it in, if its key lets it in as well", async () => {
  const { as, secretsManager, kms, account, SecretId, ARN } = await startSecret()
  const theirs = as({ account: "another" })
  const policy = (Action: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
        { Effect: "Allow", Principal: { AWS: theirs.account }, Action, Resource: "*" },
      ],
    })
  await secretsManager.putResourcePolicy({ SecretId, ResourcePolicy: policy("secretsmanager:*") })
  await expect(theirs.secretsManager.getSecretValue({ SecretId: ARN })).rejects.toMatchObject({
    name: "InvalidRequestException",
    message:
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
  })

  const { KeyId } = (await kms.createKey({})).KeyMetadata!
  await secretsManager.updateSecret({ SecretId, KmsKeyId: KeyId! })
  await expect(theirs.secretsManager.getSecretValue({ SecretId: ARN })).rejects.toMatchObject({
    ...DENIED,
    message: "Access to KMS is not allowed",
  })
  await kms.putKeyPolicy({ KeyId, Policy: policy("kms:Decrypt") })
  expect((await theirs.secretsManager.getSecretValue({ SecretId: ARN })).SecretString).toBe("hunter2")
  await expect(theirs.secretsManager.putSecretValue({ SecretId: ARN, SecretString: "x" })).rejects.toMatchObject(DENIED)
  await kms.putKeyPolicy({ KeyId, Policy: policy("kms:*") })
  await theirs.secretsManager.putSecretValue({ SecretId: ARN, SecretString: "theirs" })
  expect((await secretsManager.getSecretValue({ SecretId })).SecretString).toBe("theirs")
})

test("whoever reads a secret under a key of the account's own must be allowed to decrypt through this service", async () => {
  const { as, secretsManager, kms } = await startWorld()
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!
  await secretsManager.createSecret({ Name: "a", SecretString: "hunter2", KmsKeyId: KeyId! })
  const read = (...statements: object[]) => {
    const Statement = [...allowing(READ).Statement, ...statements]
    return as({ user: { Version: "2012-10-17", Statement } }).secretsManager.getSecretValue({ SecretId: "a" })
  }
  await expect(read()).rejects.toMatchObject({ ...DENIED, message: "Access to KMS is not allowed" })
  const decrypt = (Condition?: object) => ({
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: Arn,
    ...(Condition && { Condition }),
  })
  await read(decrypt())
  await read(decrypt({ StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } }))
  await read(decrypt({ StringLike: { "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:*:secret:a-??????" } }))
  await expect(read(decrypt({ StringEquals: { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } }))).rejects.toThrow(
    "Access to KMS is not allowed",
  )
})

test("in a batch, each secret is asked for by itself", async () => {
  const { as, secretsManager, ARN } = await startSecret()
  await secretsManager.createSecret({ Name: "other", SecretString: "x" })
  const Statement = [
    ...allowing(["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"]).Statement,
    ...allowing(READ, ARN).Statement,
  ]
  const user = as({ user: { Version: "2012-10-17", Statement } }).secretsManager
  const read = await user.batchGetSecretValue({ Filters: [{ Key: "name", Values: ["shop", "other"] }] })
  expect(read.SecretValues).toMatchObject([{ ARN, SecretString: "hunter2" }])
  expect(read.Errors).toMatchObject([{ ErrorCode: "AccessDeniedException" }])
})

test("who may not read a secret cannot tell whether it is there, nor how its ARN ends", async () => {
  const { as, account } = await startSecret()
  const arnOfName = (name: string) => `arn:aws:secretsmanager:us-east-1:${account}:secret:${name}`
  const refusal = async ({ secretsManager }: ReturnType<typeof as>, name: string, SecretId: string) => {
    const error: Error = await secretsManager.getSecretValue({ SecretId }).then(String, (error) => error)
    return `${error.name}: ${error.message.replace(name, "it")}`
  }
  const own = as({ user: allowing("secretsmanager:ListSecrets") })
  const theirs = as({ account: "another" })
  for (const [caller, form] of [
    [own, String],
    [own, arnOfName],
    [theirs, arnOfName],
  ] as const) {
    const [present, absent] = await Promise.all(["shop/db", "none"].map((name) => refusal(caller, name, form(name))))
    expect(present).toBe(absent)
    expect(present).toMatch(/^AccessDeniedException: .*it because/)
  }
})
