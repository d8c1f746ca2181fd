import { expect, test } from "vitest"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

// What key policies, grants and identity policies let users do with keys.

function allowing(Action: string | readonly string[], Resource: string | readonly string[] = "*", more: object = {}) {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...more }] }
}

const DENIED = { name: "AccessDeniedException" }
const NOTHING = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "none:None", Resource: "*" }] }
const Plaintext = Buffer.from("x")

async function startKey() {
  const region = await startWorld()
  const { KeyId, Arn } = (await region.kms.createKey({ Tags: [{ TagKey: "stage", TagValue: "test" }] })).KeyMetadata!
  return { ...region, KeyId: KeyId!, Arn: Arn! }
}

async function arnOf({ sts }: Pick<TestWorld, "sts">): Promise<string> {
  return (await sts.getCallerIdentity({})).Arn!
}

test("under the default policy, what a user may with a key is said by the user's own policies", async () => {
  const { as, KeyId, Arn } = await startKey()
  const { kms } = as({ user: allowing("kms:Encrypt", Arn) })
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext })
  await expect(kms.decrypt({ CiphertextBlob })).rejects.toMatchObject({
    ...DENIED,
    message: expect.stringMatching(
      /is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:.* because no identity-based policy allows the kms:Decrypt action$/,
    ),
  })
})

test("without an allow in the key's policy nobody may, whatever their own policies say, the root included", async () => {
  const { as, kms, account, KeyId } = await startKey()
  const all = as({ user: allowing("kms:*") })
  const keeper = as({ user: NOTHING })
  const statement = (principal: string, Action: string | string[]) => ({
    Effect: "Allow",
    Principal: { AWS: principal },
    Action,
    Resource: "*",
  })
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      statement(await arnOf(keeper), ["kms:Encrypt", "kms:PutKeyPolicy"]),
      statement(`arn:aws:iam::${account}:root`, ["kms:Describe*"]),
    ],
  })
  await kms.putKeyPolicy({ KeyId, Policy })
  for (const other of [all.kms, kms]) {
    await expect(other.encrypt({ KeyId, Plaintext })).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringContaining("because no resource-based policy allows the kms:Encrypt action"),
    })
    await other.describeKey({ KeyId })
  }
  await keeper.kms.encrypt({ KeyId, Plaintext })
})

test("who puts a key's policy must be able to put it again, and name nobody who is not there", async () => {
  const { as, account, KeyId } = await startKey()
  const user = as({ user: allowing("kms:*") })
  const policy = (AWS: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS }, Action: "kms:Encrypt", Resource: "*" }],
    })
  const own = policy(await arnOf(user))
  const malformed = { name: "MalformedPolicyDocumentException" }
  await expect(user.kms.putKeyPolicy({ KeyId, Policy: own })).rejects.toMatchObject({
    ...malformed,
    message: "The new key policy will not allow you to update the key policy in the future.",
  })
  await expect(user.kms.createKey({ Policy: own })).rejects.toMatchObject(malformed)
  await expect(user.kms.createKey({ Policy: policy(`arn:aws:iam::${account}:role/none`) })).rejects.toMatchObject({
    ...malformed,
    message: "Policy contains a statement with one or more invalid principals.",
  })
  await user.kms.putKeyPolicy({ KeyId, Policy: own, BypassPolicyLockoutSafetyCheck: true })
  await expect(user.kms.putKeyPolicy({ KeyId, Policy: own })).rejects.toMatchObject(DENIED)
})

test("another account uses a key where its policy and the user's own both allow it", async () => {
  const { as, kms, account, KeyId, Arn } = await startKey()
  const theirs = as({ account: "another" })
  await expect(theirs.kms.encrypt({ KeyId: Arn, Plaintext })).rejects.toMatchObject(DENIED)
  const statement = (AWS: string, Action: string) => ({ Effect: "Allow", Principal: { AWS }, Action, Resource: "*" })
  const Statement = [statement(account, "kms:*"), statement(theirs.account, "kms:Encrypt")]
  await kms.putKeyPolicy({ KeyId, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) })

  const { CiphertextBlob } = await theirs.kms.encrypt({ KeyId: Arn, Plaintext })
  expect(Buffer.from((await kms.decrypt({ CiphertextBlob })).Plaintext!)).toEqual(Plaintext)
  await expect(theirs.kms.decrypt({ CiphertextBlob })).rejects.toMatchObject(DENIED)
  await expect(theirs.kms.disableKey({ KeyId: Arn })).rejects.toMatchObject(DENIED)
})

test("a policy can ask for the encryption context, the alias, the tags and the kind of key", async () => {
  const { as, kms, KeyId } = await startKey()
  await kms.createAlias({ AliasName: "alias/shop", TargetKeyId: KeyId })
  const may = async (Condition: object, request: object = {}) => {
    const user = as({ user: allowing("kms:Encrypt", "*", { Condition }) })
    return user.kms.encrypt({ KeyId, Plaintext, ...request }).then(
      () => true,
      () => false,
    )
  }
  const context = { StringEquals: { "kms:EncryptionContext:order": "7" } }
  expect(await may(context, { EncryptionContext: { order: "7", more: "x" } })).toBe(true)
  expect(await may(context, { EncryptionContext: { order: "8" } })).toBe(false)
  expect(await may(context)).toBe(false)
  const keys = { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["order"] } }
  expect(await may(keys, { EncryptionContext: { order: "7" } })).toBe(true)
  expect(await may(keys, { EncryptionContext: { order: "7", more: "x" } })).toBe(false)
  const alias = { StringEquals: { "kms:RequestAlias": "alias/shop" } }
  expect(await may(alias, { KeyId: "alias/shop" })).toBe(true)
  expect(await may(alias)).toBe(false)
  expect(await may({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/shop" } })).toBe(true)
  expect(await may({ StringEquals: { "aws:ResourceTag/stage": "test" } })).toBe(true)
  expect(await may({ StringEquals: { "aws:ResourceTag/stage": "prod" } })).toBe(false)
  expect(await may({ StringEquals: { "kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT" } })).toBe(
    true,
  )
  expect(await may({ StringLike: { "kms:ViaService": "*" } })).toBe(false)
})

test("a grant lets its grantee do what it lists, in its context, until it is revoked", async () => {
  const { as, kms, KeyId } = await startKey()
  const user = as({ user: NOTHING })
  const context = { EncryptionContext: { order: "7" } }
  await expect(user.kms.encrypt({ KeyId, Plaintext, ...context })).rejects.toMatchObject(DENIED)
  const { GrantId } = await kms.createGrant({
    KeyId,
    GranteePrincipal: await arnOf(user),
    Operations: ["Encrypt", "DescribeKey"],
    Constraints: { EncryptionContextEquals: { order: "7" } },
  })
  await user.kms.encrypt({ KeyId, Plaintext, ...context })
  await user.kms.describeKey({ KeyId })
  await expect(user.kms.encrypt({ KeyId, Plaintext })).rejects.toMatchObject(DENIED)
  const wider = { EncryptionContext: { order: "7", more: "x" } }
  await expect(user.kms.encrypt({ KeyId, Plaintext, ...wider })).rejects.toMatchObject(DENIED)
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, ...context })
  await expect(user.kms.decrypt({ CiphertextBlob, ...context })).rejects.toMatchObject(DENIED)
  await expect(as({ user: NOTHING }).kms.encrypt({ KeyId, Plaintext, ...context })).rejects.toMatchObject(DENIED)

  await kms.revokeGrant({ KeyId, GrantId: GrantId! })
  await expect(user.kms.encrypt({ KeyId, Plaintext, ...context })).rejects.toMatchObject(DENIED)
})

test("a grant whose context must be empty lets nothing else through, and one that asks for nothing lets all through", async () => {
  const { as, kms, KeyId } = await startKey()
  const may = async (Constraints: object, EncryptionContext?: Record<string, string>) => {
    const user = as({ user: NOTHING })
    await kms.createGrant({ KeyId, GranteePrincipal: await arnOf(user), Operations: ["Encrypt"], Constraints })
    return user.kms.encrypt({ KeyId, Plaintext, ...(EncryptionContext && { EncryptionContext }) }).then(
      () => true,
      () => false,
    )
  }
  expect(await may({ EncryptionContextEquals: {} })).toBe(true)
  expect(await may({ EncryptionContextEquals: {} }, { order: "7" })).toBe(false)
  expect(await may({ EncryptionContextSubset: {} }, { order: "7" })).toBe(true)
})

test("a context that looks like a policy variable is meant as it stands", async () => {
  const { as, kms, KeyId } = await startKey()
  const user = as({ user: NOTHING })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that it is none is what is tested
  const variable = "${aws:username}"
  const GranteePrincipal = await arnOf(user)
  await kms.createGrant({
    KeyId,
    GranteePrincipal,
    Operations: ["Encrypt"],
    Constraints: { EncryptionContextSubset: { who: variable } },
  })
  await user.kms.encrypt({ KeyId, Plaintext, EncryptionContext: { who: variable } })
  const who = GranteePrincipal.split("/").at(-1)!
  await expect(user.kms.encrypt({ KeyId, Plaintext, EncryptionContext: { who } })).rejects.toMatchObject(DENIED)
})

test("who may retire a grant needs nothing else for it, and nobody else may", async () => {
  const { as, kms, KeyId } = await startKey()
  const [grantee, retiring] = [as({ user: NOTHING }), as({ user: NOTHING })]
  const GranteePrincipal = await arnOf(grantee)
  const { GrantToken } = await kms.createGrant({
    KeyId,
    GranteePrincipal,
    RetiringPrincipal: await arnOf(retiring),
    Operations: ["Encrypt"],
  })
  await expect(grantee.kms.retireGrant({ GrantToken: GrantToken! })).rejects.toMatchObject(DENIED)
  await retiring.kms.retireGrant({ GrantToken: GrantToken! })
  expect((await kms.listGrants({ KeyId })).Grants).toEqual([])
})

test("data moves from one key to another where both may be used for it", async () => {
  const { as, kms, KeyId, Arn } = await startKey()
  const target = (await kms.createKey({})).KeyMetadata!
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext })
  const move = (Statement: object[]) =>
    as({ user: { Version: "2012-10-17", Statement } }).kms.reEncrypt({ CiphertextBlob, DestinationKeyId: target.KeyId })
  const from = { Effect: "Allow", Action: "kms:ReEncryptFrom", Resource: Arn }
  const to = { Effect: "Allow", Action: "kms:ReEncryptTo", Resource: target.Arn }
  await move([from, to])
  await expect(move([from])).rejects.toThrow("kms:ReEncryptTo")
  await expect(move([to])).rejects.toThrow("kms:ReEncryptFrom")
})

test("an alias is asked for as well as its key", async () => {
  const { as, KeyId, Arn, account } = await startKey()
  const request = { AliasName: "alias/shop", TargetKeyId: KeyId }
  const alias = `arn:aws:kms:us-east-1:${account}:alias/shop`
  await expect(as({ user: allowing("kms:CreateAlias", Arn) }).kms.createAlias(request)).rejects.toThrow(alias)
  await expect(as({ user: allowing("kms:CreateAlias", alias) }).kms.createAlias(request)).rejects.toThrow(Arn)
  await as({ user: allowing("kms:CreateAlias", [Arn, alias]) }).kms.createAlias(request)
})

test("AWS's own key can be looked at, and used through its service only", async () => {
  const { as } = await startWorld()
  const user = as({ user: allowing(["kms:*", "ssm:*"]) })
  await user.ssm.putParameter({ Name: "a", Value: "x", Type: "SecureString" })
  const { KeyMetadata } = await user.kms.describeKey({ KeyId: "alias/aws/ssm" })
  await expect(user.kms.encrypt({ KeyId: KeyMetadata!.KeyId!, Plaintext })).rejects.toMatchObject(DENIED)
})

test("whoever may make grants by a grant hands on no more than that grant has", async () => {
  const { as, kms, KeyId } = await startKey()
  const helper = as({ user: NOTHING })
  const GranteePrincipal = await arnOf(helper)
  const Constraints = { EncryptionContextSubset: { order: "7" } }
  await kms.createGrant({ KeyId, GranteePrincipal, Operations: ["CreateGrant", "Encrypt"], Constraints })

  const hand = (Operations: ("Encrypt" | "Decrypt")[], EncryptionContextSubset?: Record<string, string>) =>
    helper.kms.createGrant({
      ...{ KeyId, GranteePrincipal, Operations },
      ...(EncryptionContextSubset && { Constraints: { EncryptionContextSubset } }),
    })
  await hand(["Encrypt"], { order: "7", item: "1" })
  await expect(hand(["Encrypt"])).rejects.toMatchObject(DENIED)
  await expect(hand(["Encrypt"], { order: "8" })).rejects.toMatchObject(DENIED)
  await expect(hand(["Decrypt"], { order: "7" })).rejects.toMatchObject(DENIED)
})

test("another account cannot tell whether a key or an alias is there, nor what an alias stands for", async () => {
  const { as, kms, account, KeyId } = await startKey()
  await kms.createAlias({ AliasName: "alias/shop", TargetKeyId: KeyId })
  const { kms: theirs, secretsManager, ssm } = as({ account: "another" })

  const refusals = ["alias/shop", "alias/none"].map((alias) => {
    const arn = `arn:aws:kms:us-east-1:${account}:${alias}`
    return Promise.all(
      [
        theirs.describeKey({ KeyId: arn }),
        theirs.encrypt({ KeyId: arn, Plaintext }),
        secretsManager.createSecret({ Name: "mine", SecretString: "x", KmsKeyId: arn }),
        ssm.putParameter({ Name: "mine", Value: "x", Type: "SecureString", KeyId: arn }),
      ].map((asked) => asked.then(String, ({ name, message }: Error) => `${name}: ${message.replace(alias, "it")}`)),
    )
  })
  const [present, absent] = await Promise.all(refusals)
  expect(present).toEqual(absent)
  expect(present!.every((refusal) => refusal.startsWith("AccessDeniedException: "))).toBe(true)
})

test("AWS's own keys serve their own account, through the service that each is for", async () => {
  const { as, kms, ssm, secretsManager } = await startKey()
  await ssm.putParameter({ Name: "own", Value: "x", Type: "SecureString" })
  const { Arn } = (await kms.describeKey({ KeyId: "alias/aws/ssm" })).KeyMetadata!
  const theirs = as({ account: "another" })

  await expect(
    theirs.ssm.putParameter({ Name: "mine", Value: "x", Type: "SecureString", KeyId: Arn! }),
  ).rejects.toMatchObject(DENIED)
  await expect(
    secretsManager.createSecret({ Name: "mine", SecretString: "x", KmsKeyId: "alias/aws/ssm" }),
  ).rejects.toMatchObject(DENIED)
  const user = as({ user: allowing("ssm:GetParameter") })
  expect((await user.ssm.getParameter({ Name: "own", WithDecryption: true })).Parameter!.Value).toBe("x")
})

test("a rehearsal does not succeed with a key that is not there", async () => {
  const { kms } = await startKey()
  await expect(kms.encrypt({ KeyId: "alias/none", Plaintext, DryRun: true })).rejects.toMatchObject({
    name: "NotFoundException",
  })
})
