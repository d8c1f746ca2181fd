import { randomBytes } from "node:crypto"
import fc from "fast-check"
import { expect, test } from "vitest"
import { grants, keyMaterials, keys } from "../../src/services/kms/tables.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

const DAY_MS = 24 * 60 * 60 * 1000
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).toString()

async function startKey() {
  const region = await startWorld()
  const { KeyMetadata } = await region.kms.createKey({})
  return { ...region, KeyId: KeyMetadata!.KeyId!, arn: KeyMetadata!.Arn! }
}

/** Lets time pass, and comes back as a caller whose clock has gone on as well. */
async function later(region: Pick<TestWorld, "world" | "as">, ms: number) {
  await region.world.advance(ms)
  return region.as({}).kms
}

test("a key is made, shown, changed and listed", async () => {
  const { kms, account } = await startWorld()
  const { KeyMetadata } = await kms.createKey({ Description: "shop", Tags: [{ TagKey: "stage", TagValue: "test" }] })
  const { KeyId, Arn } = KeyMetadata!
  expect(KeyMetadata).toMatchObject({
    AWSAccountId: account,
    Arn: `arn:aws:kms:us-east-1:${account}:key/${KeyId}`,
    Description: "shop",
    Enabled: true,
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    KeyManager: "CUSTOMER",
    KeySpec: "SYMMETRIC_DEFAULT",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeyState: "Enabled",
    KeyUsage: "ENCRYPT_DECRYPT",
    MultiRegion: false,
    Origin: "AWS_KMS",
    CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect((await kms.describeKey({ KeyId: Arn! })).KeyMetadata).toEqual(KeyMetadata)

  await kms.updateKeyDescription({ KeyId, Description: "store" })
  await kms.disableKey({ KeyId })
  expect((await kms.describeKey({ KeyId: KeyId! })).KeyMetadata).toMatchObject({
    Description: "store",
    Enabled: false,
    KeyState: "Disabled",
  })
  await kms.enableKey({ KeyId })
  expect((await kms.listKeys({})).Keys).toEqual([{ KeyId, KeyArn: Arn }])

  expect((await kms.listResourceTags({ KeyId })).Tags).toEqual([{ TagKey: "stage", TagValue: "test" }])
  await kms.tagResource({ KeyId, Tags: [{ TagKey: "team", TagValue: "a" }] })
  await kms.untagResource({ KeyId, TagKeys: ["stage"] })
  expect((await kms.listResourceTags({ KeyId })).Tags).toEqual([{ TagKey: "team", TagValue: "a" }])
  await expect(kms.tagResource({ KeyId, Tags: [{ TagKey: "aws:a", TagValue: "" }] })).rejects.toMatchObject({
    name: "TagException",
  })
})

test("what Homeport's keys cannot be is refused by name", async () => {
  const { kms } = await startWorld()
  const refused = { name: "UnsupportedOperationException" }
  await expect(kms.createKey({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" })).rejects.toMatchObject(refused)
  await expect(kms.createKey({ MultiRegion: true })).rejects.toMatchObject(refused)
  await expect(kms.createKey({ Origin: "EXTERNAL" })).rejects.toMatchObject(refused)
  await expect(kms.createKey({ KeySpec: "AES" as never })).rejects.toMatchObject({ name: "ValidationException" })
  await expect(kms.createKey({ KeySpec: "HMAC_256" })).rejects.toThrow("You must specify a KeyUsage value")
  await expect(kms.getPublicKey({ KeyId: "k" })).rejects.toThrow("Homeport does not have kms:GetPublicKey yet.")
})

test("data is read again with nothing but its ciphertext and its context", async () => {
  const { kms, KeyId, arn, account } = await startKey()
  const EncryptionContext = { order: "7", café: "ü" }
  const Plaintext = Buffer.from("the treasure is under the oak")
  const sealed = await kms.encrypt({ KeyId, Plaintext, EncryptionContext })
  expect(sealed).toMatchObject({ KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" })
  const CiphertextBlob = sealed.CiphertextBlob!
  expect(Buffer.from(CiphertextBlob).includes("treasure")).toBe(false)

  const opened = await kms.decrypt({ CiphertextBlob, EncryptionContext: { café: "ü", order: "7" } })
  expect(opened).toMatchObject({ KeyId: arn })
  expect(text(opened.Plaintext)).toBe("the treasure is under the oak")
  await kms.decrypt({ CiphertextBlob, EncryptionContext, KeyId: `arn:aws:kms:us-east-1:${account}:key/${KeyId}` })

  const unreadable = { name: "InvalidCiphertextException" }
  await expect(kms.decrypt({ CiphertextBlob })).rejects.toMatchObject(unreadable)
  await expect(kms.decrypt({ CiphertextBlob, EncryptionContext: { order: "8" } })).rejects.toMatchObject(unreadable)
  await expect(kms.decrypt({ CiphertextBlob: Buffer.from("nonsense") })).rejects.toMatchObject(unreadable)

  const other = (await kms.createKey({})).KeyMetadata!.KeyId!
  await expect(kms.decrypt({ CiphertextBlob, EncryptionContext, KeyId: other })).rejects.toMatchObject({
    name: "IncorrectKeyException",
  })
  await expect(kms.encrypt({ KeyId, Plaintext: Buffer.alloc(4097) })).rejects.toMatchObject({
    name: "ValidationException",
  })
  await expect(kms.encrypt({ KeyId, Plaintext, DryRun: true })).rejects.toMatchObject({
    name: "DryRunOperationException",
  })
})

test("a ciphertext that was changed anywhere is not read", async () => {
  const { kms, KeyId } = await startKey()
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from("x") })
  await fc.assert(
    fc.asyncProperty(fc.nat(CiphertextBlob!.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(CiphertextBlob!)
      changed[at]! ^= by
      await expect(kms.decrypt({ CiphertextBlob: changed })).rejects.toMatchObject({
        name: expect.stringMatching(/^(InvalidCiphertext|AccessDenied)Exception$/),
      })
    }),
    { numRuns: 100 },
  )
})

test("ciphertexts of two accounts and of two regions are kept apart", async () => {
  const { kms, KeyId, as } = await startKey()
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from("x") })
  for (const other of [as({ account: "another" }), as({ region: "eu-west-1" })]) {
    await expect(other.kms.decrypt({ CiphertextBlob })).rejects.toMatchObject({ name: "AccessDeniedException" })
    await expect(other.kms.describeKey({ KeyId })).rejects.toMatchObject({ name: "NotFoundException" })
    expect((await other.kms.listKeys({})).Keys).toEqual([])
  }
})

test("a data key comes in the clear and sealed, or only sealed", async () => {
  const { kms, KeyId, arn } = await startKey()
  const EncryptionContext = { a: "b" }
  const made = await kms.generateDataKey({ KeyId, KeySpec: "AES_256", EncryptionContext })
  expect(made).toMatchObject({ KeyId: arn, Plaintext: expect.objectContaining({ length: 32 }) })
  const opened = await kms.decrypt({ CiphertextBlob: made.CiphertextBlob!, EncryptionContext })
  expect(Buffer.from(opened.Plaintext!)).toEqual(Buffer.from(made.Plaintext!))
  expect((await kms.generateDataKey({ KeyId, NumberOfBytes: 7 })).Plaintext).toHaveLength(7)
  const sealed = await kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: "AES_128" })
  expect(sealed).not.toHaveProperty("Plaintext")
  expect((await kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob! })).Plaintext).toHaveLength(16)
  await expect(kms.generateDataKey({ KeyId })).rejects.toThrow("either number of bytes or key spec")
  expect((await kms.generateRandom({ NumberOfBytes: 9 })).Plaintext).toHaveLength(9)
  await expect(kms.generateRandom({ NumberOfBytes: 1025 })).rejects.toMatchObject({ name: "ValidationException" })
})

test("a ciphertext is moved under another key and another context", async () => {
  const { kms, KeyId, arn } = await startKey()
  const target = (await kms.createKey({})).KeyMetadata!
  const { CiphertextBlob } = await kms.encrypt({
    KeyId,
    Plaintext: Buffer.from("x"),
    EncryptionContext: { from: "a" },
  })
  const moved = await kms.reEncrypt({
    CiphertextBlob,
    SourceEncryptionContext: { from: "a" },
    DestinationKeyId: target.KeyId!,
    DestinationEncryptionContext: { to: "b" },
  })
  expect(moved).toMatchObject({ SourceKeyId: arn, KeyId: target.Arn })
  const opened = await kms.decrypt({ CiphertextBlob: moved.CiphertextBlob!, EncryptionContext: { to: "b" } })
  expect(text(opened.Plaintext)).toBe("x")
  expect(opened.KeyId).toBe(target.Arn)
})

test("an alias names a key, is moved to another and taken away", async () => {
  const { kms, KeyId, arn, account } = await startKey()
  const AliasName = "alias/shop/orders"
  await kms.createAlias({ AliasName, TargetKeyId: KeyId })
  const AliasArn = `arn:aws:kms:us-east-1:${account}:${AliasName}`
  for (const name of [AliasName, AliasArn]) {
    expect((await kms.describeKey({ KeyId: name })).KeyMetadata!.Arn).toBe(arn)
  }
  const { CiphertextBlob } = await kms.encrypt({ KeyId: AliasName, Plaintext: Buffer.from("x") })
  const second = (await kms.createKey({})).KeyMetadata!.KeyId!
  await kms.updateAlias({ AliasName, TargetKeyId: second })
  expect((await kms.listAliases({ KeyId: second })).Aliases).toMatchObject([
    { AliasName, AliasArn, TargetKeyId: second },
  ])
  expect((await kms.listAliases({ KeyId })).Aliases).toEqual([])
  expect((await kms.decrypt({ CiphertextBlob })).KeyId).toBe(arn)

  await expect(kms.createAlias({ AliasName, TargetKeyId: KeyId })).rejects.toMatchObject({
    name: "AlreadyExistsException",
    message: `An alias with the name ${AliasArn} already exists`,
  })
  await expect(kms.createAlias({ AliasName: "shop", TargetKeyId: KeyId })).rejects.toMatchObject({
    name: "InvalidAliasNameException",
  })
  await expect(kms.disableKey({ KeyId: AliasName })).rejects.toMatchObject({ name: "NotFoundException" })
  await kms.deleteAlias({ AliasName })
  await expect(kms.describeKey({ KeyId: AliasName })).rejects.toMatchObject({
    name: "NotFoundException",
    message: `Alias ${AliasArn} is not found.`,
  })
})

test("a disabled key does nothing until it is enabled", async () => {
  const { kms, KeyId, arn } = await startKey()
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from("x") })
  await kms.disableKey({ KeyId })
  const disabled = { name: "DisabledException", message: `${arn} is disabled.` }
  await expect(kms.encrypt({ KeyId, Plaintext: Buffer.from("x") })).rejects.toMatchObject(disabled)
  await expect(kms.decrypt({ CiphertextBlob })).rejects.toMatchObject(disabled)
  await expect(kms.generateDataKey({ KeyId, KeySpec: "AES_256" })).rejects.toMatchObject(disabled)
  await kms.enableKey({ KeyId })
  expect(text((await kms.decrypt({ CiphertextBlob })).Plaintext)).toBe("x")
})

test("a key that is to be deleted can be kept until its time is over, and then all it sealed is lost", async () => {
  const region = await startKey()
  const { kms, KeyId, arn, world } = region
  await kms.createAlias({ AliasName: "alias/a", TargetKeyId: KeyId })
  await kms.createGrant({ KeyId, GranteePrincipal: `arn:aws:iam::${region.account}:root`, Operations: ["Encrypt"] })
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from("x") })
  await expect(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 })).rejects.toThrow("greater than or equal to 7")
  expect(await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })).toMatchObject({
    KeyId: arn,
    KeyState: "PendingDeletion",
    DeletionDate: new Date(world.now() + 7 * DAY_MS),
    PendingWindowInDays: 7,
  })
  const pending = { name: "KMSInvalidStateException", message: `${arn} is pending deletion.` }
  await expect(kms.decrypt({ CiphertextBlob })).rejects.toMatchObject(pending)
  await expect(kms.enableKey({ KeyId })).rejects.toMatchObject(pending)
  await kms.cancelKeyDeletion({ KeyId })
  expect((await kms.describeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: "Disabled" })
  await kms.enableKey({ KeyId })
  await kms.decrypt({ CiphertextBlob })

  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
  const before = await later(region, 7 * DAY_MS - 60_000)
  expect((await before.describeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: "PendingDeletion" })
  const after = await later(region, 120_000)
  await expect(after.describeKey({ KeyId })).rejects.toMatchObject({ name: "NotFoundException" })
  await expect(after.decrypt({ CiphertextBlob })).rejects.toThrow("does not exist in this region")
  expect((await after.listAliases({})).Aliases).toEqual([])
  for (const table of [keys, keyMaterials, grants]) expect(region.store.size(table)).toBe(0)
})

test("rotation makes new material, and what older material sealed stays readable", async () => {
  const region = await startKey()
  const { kms, KeyId, arn } = region
  const sealed = [(await kms.encrypt({ KeyId, Plaintext: Buffer.from("0") })).CiphertextBlob!]
  expect(await kms.getKeyRotationStatus({ KeyId })).toMatchObject({ KeyRotationEnabled: false })
  await kms.rotateKeyOnDemand({ KeyId })
  sealed.push((await kms.encrypt({ KeyId, Plaintext: Buffer.from("1") })).CiphertextBlob!)
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
  expect(await kms.getKeyRotationStatus({ KeyId })).toMatchObject({
    KeyRotationEnabled: true,
    RotationPeriodInDays: 90,
    NextRotationDate: new Date(region.world.now() + 90 * DAY_MS),
  })

  const after = await later(region, 91 * DAY_MS)
  sealed.push((await after.encrypt({ KeyId, Plaintext: Buffer.from("2") })).CiphertextBlob!)
  const materials = new Set<string>()
  for (const [index, CiphertextBlob] of sealed.entries()) {
    const opened = await after.decrypt({ CiphertextBlob })
    expect(text(opened.Plaintext)).toBe(String(index))
    materials.add(opened.KeyMaterialId!)
  }
  expect(materials.size).toBe(3)
  const { Rotations } = await after.listKeyRotations({ KeyId })
  expect(Rotations).toMatchObject([
    { KeyId: arn, RotationType: "ON_DEMAND", KeyMaterialState: "NON_CURRENT" },
    { KeyId: arn, RotationType: "AUTOMATIC", KeyMaterialState: "CURRENT" },
  ])
  const all = await after.listKeyRotations({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL", Limit: 2 })
  expect(all).toMatchObject({ Rotations: [{}, {}], Truncated: true })
  const rest = await after.listKeyRotations({
    KeyId,
    IncludeKeyMaterial: "ALL_KEY_MATERIAL",
    Limit: 2,
    Marker: all.NextMarker!,
  })
  expect(rest).toMatchObject({ Rotations: [{}], Truncated: false })
  await after.disableKeyRotation({ KeyId })
  expect(await after.getKeyRotationStatus({ KeyId })).toMatchObject({ KeyRotationEnabled: false })
})

test("an HMAC key makes and verifies codes, and encrypts nothing", async () => {
  const { kms } = await startWorld()
  const KeyId = (await kms.createKey({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" })).KeyMetadata!.KeyId!
  const Message = Buffer.from("order 7")
  const { Mac } = await kms.generateMac({ KeyId, Message, MacAlgorithm: "HMAC_SHA_256" })
  expect(Mac).toHaveLength(32)
  expect(await kms.verifyMac({ KeyId, Message, Mac, MacAlgorithm: "HMAC_SHA_256" })).toMatchObject({ MacValid: true })
  const forged = kms.verifyMac({ KeyId, Message: Buffer.from("order 8"), Mac, MacAlgorithm: "HMAC_SHA_256" })
  await expect(forged).rejects.toMatchObject({ name: "KMSInvalidMacException" })
  const unfit = { name: "InvalidKeyUsageException" }
  await expect(kms.generateMac({ KeyId, Message, MacAlgorithm: "HMAC_SHA_512" })).rejects.toMatchObject(unfit)
  await expect(kms.encrypt({ KeyId, Plaintext: Message })).rejects.toMatchObject(unfit)
})

test("a key's policy is shown and replaced, and one that is no policy is refused", async () => {
  const { kms, KeyId, account } = await startKey()
  const { Policy } = await kms.getKeyPolicy({ KeyId })
  expect(JSON.parse(Policy!)).toMatchObject({
    Id: "key-default-1",
    Statement: [{ Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*" }],
  })
  expect((await kms.listKeyPolicies({ KeyId })).PolicyNames).toEqual(["default"])
  const changed = JSON.stringify({ ...JSON.parse(Policy!), Id: "mine" })
  await kms.putKeyPolicy({ KeyId, PolicyName: "default", Policy: changed })
  expect((await kms.getKeyPolicy({ KeyId })).Policy).toBe(changed)
  await expect(kms.putKeyPolicy({ KeyId, Policy: "{" })).rejects.toMatchObject({
    name: "MalformedPolicyDocumentException",
  })
  await expect(kms.getKeyPolicy({ KeyId, PolicyName: "other" })).rejects.toThrow("No such policy exists")
})

test("a grant is made once under its name, shown, and given back", async () => {
  const { kms, KeyId, arn, account } = await startKey()
  const GranteePrincipal = `arn:aws:iam::${account}:role/shop`
  const wanted = {
    KeyId,
    GranteePrincipal,
    RetiringPrincipal: `arn:aws:iam::${account}:role/keeper`,
    Operations: ["Decrypt", "DescribeKey"] as ("Decrypt" | "DescribeKey")[],
    Constraints: { EncryptionContextSubset: { order: "7" } },
    Name: "shop",
  }
  const first = await kms.createGrant(wanted)
  expect((await kms.createGrant(wanted)).GrantId).toBe(first.GrantId)
  const { Grants } = await kms.listGrants({ KeyId })
  expect(Grants).toMatchObject([{ ...wanted, GrantId: first.GrantId, KeyId: arn }])
  const { Grants: retirable } = await kms.listRetirableGrants({ RetiringPrincipal: wanted.RetiringPrincipal })
  expect(retirable).toHaveLength(1)
  await kms.retireGrant({ GrantToken: first.GrantToken! })

  const second = await kms.createGrant({ KeyId, GranteePrincipal, Operations: ["Encrypt"] })
  await kms.revokeGrant({ KeyId, GrantId: second.GrantId! })
  expect((await kms.listGrants({ KeyId })).Grants).toEqual([])
  await expect(kms.createGrant({ KeyId, GranteePrincipal: "shop", Operations: ["Encrypt"] })).rejects.toMatchObject({
    name: "InvalidArnException",
  })
})

test("AWS's own key is made at its first use, once, and cannot be changed", async () => {
  const { kms } = await startWorld()
  expect((await kms.listKeys({})).Keys).toEqual([])
  const { KeyMetadata } = await kms.describeKey({ KeyId: "alias/aws/secretsmanager" })
  expect(KeyMetadata).toMatchObject({ KeyManager: "AWS", Enabled: true })
  expect((await kms.describeKey({ KeyId: "alias/aws/secretsmanager" })).KeyMetadata).toEqual(KeyMetadata)
  await expect(kms.scheduleKeyDeletion({ KeyId: KeyMetadata!.KeyId })).rejects.toMatchObject({
    name: "AccessDeniedException",
  })
})

test("what was sealed before a restart is read after it", async () => {
  const region = await startKey()
  const { kms, KeyId } = region
  const Plaintext = randomBytes(64)
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext })
  const again = await region.restart()
  expect(Buffer.from((await again.kms.decrypt({ CiphertextBlob })).Plaintext!)).toEqual(Plaintext)
})

test("a key has fifty aliases and no more, however they come to it", async () => {
  const { kms } = await startWorld()
  const [KeyId, other] = await Promise.all([1, 2].map(async () => (await kms.createKey({})).KeyMetadata!.KeyId!))
  const name = (AliasName: string, TargetKeyId = KeyId!) => kms.createAlias({ AliasName, TargetKeyId })
  for (let n = 1; n <= 50; n++) await name(`alias/a-${n}`)
  const full = { name: "LimitExceededException" }
  await expect(name("alias/one-more")).rejects.toMatchObject(full)
  await name("alias/b", other)
  await expect(kms.updateAlias({ AliasName: "alias/b", TargetKeyId: KeyId })).rejects.toMatchObject(full)
})
