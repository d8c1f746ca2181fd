import { randomUUID } from "node:crypto"
import { expect, test } from "vitest"
import { catalog } from "../../src/services/catalog.ts"
import { startWorld } from "../../src/services/testing.ts"
import { s3Client } from "./s3-setting.ts"

// What Terraform's provider for AWS asks as it makes, reads back, changes and takes away what tasks lean on.

test("aws_kms_key and aws_kms_alias", async () => {
  const { kms } = await startWorld()
  const kind = { KeySpec: "SYMMETRIC_DEFAULT", KeyUsage: "ENCRYPT_DECRYPT", MultiRegion: false } as const
  const Tags = [{ TagKey: "team", TagValue: "a" }]
  const made = await kms.createKey({ ...kind, BypassPolicyLockoutSafetyCheck: false, Tags })
  const KeyId = made.KeyMetadata!.KeyId!
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 180 })
  const read = async () => ({
    ...(await kms.describeKey({ KeyId })).KeyMetadata,
    ...(await kms.getKeyRotationStatus({ KeyId })),
    policy: JSON.parse((await kms.getKeyPolicy({ KeyId, PolicyName: "default" })).Policy!),
    tags: (await kms.listResourceTags({ KeyId, Limit: 50 })).Tags,
  })
  expect(await read()).toMatchObject({ Enabled: true, KeyRotationEnabled: true, RotationPeriodInDays: 180, tags: Tags })

  await kms.updateKeyDescription({ KeyId, Description: "of the shop" })
  const Policy = JSON.stringify({ ...(await read()).policy, Id: "mine" })
  await kms.putKeyPolicy({ KeyId, Policy, PolicyName: "default", BypassPolicyLockoutSafetyCheck: false })
  await kms.disableKey({ KeyId })
  expect(await read()).toMatchObject({ Enabled: false, Description: "of the shop", policy: { Id: "mine" } })
  await kms.enableKey({ KeyId })

  await kms.createAlias({ AliasName: "alias/shop", TargetKeyId: KeyId })
  expect((await kms.listAliases({})).Aliases).toMatchObject([{ AliasName: "alias/shop", TargetKeyId: KeyId }])
  await kms.deleteAlias({ AliasName: "alias/shop" })
  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
  expect(await read()).toMatchObject({ KeyState: "PendingDeletion" })
  await expect(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })).rejects.toThrow(/is pending deletion/)
})

test("aws_secretsmanager_secret and aws_secretsmanager_secret_version", async () => {
  const { secretsManager } = await startWorld()
  const secret = { Name: "shop/db", ForceOverwriteReplicaSecret: false, Tags: [{ Key: "team", Value: "a" }] }
  const made = await secretsManager.createSecret({ ...secret, ClientRequestToken: randomUUID() })
  const SecretId = made.ARN!
  expect(made.VersionId).toBeUndefined()
  expect(await secretsManager.describeSecret({ SecretId })).toMatchObject({ ARN: SecretId, Tags: secret.Tags })
  expect((await secretsManager.getResourcePolicy({ SecretId })).ResourcePolicy).toBeUndefined()

  const put = (SecretString: string) =>
    secretsManager.putSecretValue({ SecretId, SecretString, ClientRequestToken: randomUUID() })
  const first = (await put("one")).VersionId!
  const { VersionId } = await put("two")
  expect(await secretsManager.getSecretValue({ SecretId, VersionId })).toMatchObject({ SecretString: "two" })
  expect(await secretsManager.getSecretValue({ SecretId, VersionId: first })).toMatchObject({
    VersionStages: ["AWSPREVIOUS"],
  })
  await secretsManager.updateSecretVersionStage({
    ...{ SecretId, VersionStage: "AWSPREVIOUS", RemoveFromVersionId: first },
  })
  await secretsManager.updateSecret({ SecretId, Description: "", ClientRequestToken: randomUUID() })
  expect(await secretsManager.getSecretValue({ SecretId })).toMatchObject({ SecretString: "two" })

  await secretsManager.deleteSecret({ SecretId, RecoveryWindowInDays: 30 })
  await expect(secretsManager.getSecretValue({ SecretId })).rejects.toThrow(/because it was marked for deletion/)
  await expect(secretsManager.createSecret(secret)).rejects.toThrow(/scheduled for deletion/)
  expect(await secretsManager.describeSecret({ SecretId })).toMatchObject({ DeletedDate: expect.any(Date) })
  await secretsManager.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
  const missing = { name: "ResourceNotFoundException" }
  await expect(secretsManager.describeSecret({ SecretId })).rejects.toMatchObject(missing)
  expect((await secretsManager.createSecret(secret)).ARN).not.toBe(SecretId)
})

test("aws_ssm_parameter", async () => {
  const { ssm } = await startWorld()
  const Name = "/shop/password"
  const said = { Name, Type: "SecureString", Tier: "Standard", AllowedPattern: "" } as const
  await ssm.putParameter({ ...said, Value: "one", Overwrite: false, Tags: [{ Key: "team", Value: "a" }] })
  const read = async () => ({
    ...(await ssm.describeParameters({ ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [Name] }] }))
      .Parameters![0],
    ...(await ssm.getParameter({ Name, WithDecryption: true })).Parameter,
    tags: (await ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: Name })).TagList,
  })
  expect(await read()).toMatchObject({
    ...{ Value: "one", Version: 1, Tier: "Standard", KeyId: "alias/aws/ssm", DataType: "text" },
    tags: [{ Key: "team", Value: "a" }],
  })
  await ssm.putParameter({ ...said, Value: "two", Description: "of the shop", Overwrite: true })
  await ssm.removeTagsFromResource({ ResourceType: "Parameter", ResourceId: Name, TagKeys: ["team"] })
  expect(await read()).toMatchObject({ Value: "two", Version: 2, Description: "of the shop", tags: [] })
  await ssm.deleteParameter({ Name })
  await expect(ssm.getParameter({ Name })).rejects.toMatchObject({ name: "ParameterNotFound" })
})

test("aws_s3_object", async () => {
  const region = await startWorld({ services: catalog })
  const s3 = s3Client(region, region)
  await s3.createBucket({ Bucket: "shop" })
  const object = { Bucket: "shop", Key: "task.env" }
  const { ETag } = await s3.putObject({
    ...object,
    Body: "A=1\n",
    ContentType: "text/plain",
    ChecksumAlgorithm: "CRC32",
  })
  const read = () => s3.headObject({ ...object, ChecksumMode: "ENABLED" })
  expect(await read()).toMatchObject({ ETag, ContentType: "text/plain", ServerSideEncryption: "AES256" })
  expect((await read()).VersionId).toBeUndefined()
  expect((await s3.getObjectTagging(object)).TagSet).toEqual([])
  await s3.putObject({ ...object, Body: "A=2\n" })
  expect((await read()).ETag).not.toBe(ETag)
  await s3.deleteObject(object)
  await expect(read()).rejects.toMatchObject({ name: "NotFound" })
})
