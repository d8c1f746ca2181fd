import type { Setting } from "./setting.ts"

/** A key with everything about it, one that can be used otherwise, and one that waits for its deletion. */
export const kmsSetting: Setting = {
  client: "kms",

  async prepare({ account, kms }) {
    const key = (await kms.createKey({ Tags: [{ TagKey: "team", TagValue: "a" }] })).KeyMetadata!
    const KeyId = key.KeyId!
    const spare = (await kms.createKey({ Description: "spare" })).KeyMetadata!.KeyId!
    const going = (await kms.createKey({})).KeyMetadata!.KeyId!
    await kms.scheduleKeyDeletion({ KeyId: going })
    const mac = (await kms.createKey({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" })).KeyMetadata!.KeyId!
    for (const AliasName of ["alias/known", "alias/spare"]) await kms.createAlias({ AliasName, TargetKeyId: KeyId })
    const GranteePrincipal = `arn:aws:iam::${account}:root`
    const grant = { KeyId, GranteePrincipal, RetiringPrincipal: GranteePrincipal, Operations: ["Encrypt" as const] }
    const { GrantId, GrantToken } = await kms.createGrant(grant)
    await kms.rotateKeyOnDemand({ KeyId })

    const Plaintext = Buffer.from("known")
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext })
    const message = { KeyId: mac, Message: Plaintext, MacAlgorithm: "HMAC_SHA_256" as const }
    const { Mac } = await kms.generateMac(message)
    const { Policy } = await kms.getKeyPolicy({ KeyId })
    return {
      names: {
        KeyId,
        TargetKeyId: KeyId,
        SourceKeyId: KeyId,
        DestinationKeyId: spare,
        AliasName: "alias/known",
        GranteePrincipal,
        RetiringPrincipal: GranteePrincipal,
        GrantId: GrantId!,
        GrantToken: GrantToken!,
        PolicyName: "default",
        Policy: Policy!,
        TagKey: "team",
      },
      inputs: {
        CreateAlias: { AliasName: "alias/new", TargetKeyId: KeyId },
        UpdateAlias: { AliasName: "alias/known", TargetKeyId: spare },
        DeleteAlias: { AliasName: "alias/spare" },
        CreateGrant: grant,
        RetireGrant: { KeyId, GrantId: GrantId! },
        CancelKeyDeletion: { KeyId: going },
        ScheduleKeyDeletion: { KeyId: spare },
        Encrypt: { KeyId, Plaintext },
        Decrypt: { CiphertextBlob },
        ReEncrypt: { CiphertextBlob, DestinationKeyId: spare },
        GenerateDataKey: { KeyId, KeySpec: "AES_256" },
        GenerateDataKeyWithoutPlaintext: { KeyId, KeySpec: "AES_256" },
        GenerateRandom: { NumberOfBytes: 8 },
        GenerateMac: message,
        VerifyMac: { ...message, Mac },
        TagResource: { KeyId, Tags: [{ TagKey: "stage", TagValue: "test" }] },
        UntagResource: { KeyId, TagKeys: ["team"] },
      },
    }
  },

  refusals: {},
}
