import type * as sdk from "@aws-sdk/client-kms"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { checkedContext } from "./context.ts"
import { fault, invalid, notYet, oneOf } from "./fault.ts"
import { type FoundKey, findKey, namedKey } from "./find.ts"
import { decrypt, type EncryptionContext, encrypt, type Header, readHeader } from "./material/ciphertext.ts"
import { materialOf } from "./material/material.ts"
import { checkUsable, contextConditions, permittedKey, type Rehearsal } from "./permit.ts"
import { keyMaterialKey, keyMaterials } from "./tables.ts"

export const encryptOperations = {
  Encrypt(call, input) {
    const { Plaintext: plain, EncryptionContext: sent, DryRun, EncryptionAlgorithm } = input
    const context = checkedContext(sent)
    const found = permittedKey(call, input.KeyId!, { conditions: contextConditions(context), DryRun })
    checkAlgorithm(EncryptionAlgorithm)
    checkUsable(found.key, "ENCRYPT_DECRYPT")
    if (plain!.length < 1 || plain!.length > PLAINTEXT_BYTES_MAX) {
      throw invalid(
        `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and ${PLAINTEXT_BYTES_MAX}`,
      )
    }
    return {
      CiphertextBlob: encrypt(call, found.tx, found.key, plain!, context),
      KeyId: found.key.arn,
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    }
  },

  Decrypt(call, input) {
    if (input.Recipient !== undefined) throw notYet("Nitro enclaves (Recipient)")
    const { plain, key, materialId } = decrypted(call, {
      blob: input.CiphertextBlob,
      sentContext: input.EncryptionContext,
      keyId: input.KeyId,
      algorithm: input.EncryptionAlgorithm,
      DryRun: input.DryRun,
    })
    return {
      Plaintext: plain,
      KeyId: key.arn,
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      KeyMaterialId: materialId,
    }
  },

  ReEncrypt(call, input) {
    const source = decrypted(call, {
      blob: input.CiphertextBlob,
      sentContext: input.SourceEncryptionContext,
      keyId: input.SourceKeyId,
      algorithm: input.SourceEncryptionAlgorithm,
      isSameKey: (key) => findKey(namedKey(call.tx, input.DestinationKeyId!))?.key.arn === key.key.arn,
    })
    const context = checkedContext(input.DestinationEncryptionContext)
    const isSame = findKey(namedKey(call.tx, input.DestinationKeyId!))?.key.arn === source.key.arn
    const { key, tx } = permittedKey(call, input.DestinationKeyId!, {
      action: "kms:ReEncryptTo",
      conditions: { ...contextConditions(context), "kms:ReEncryptOnSameKey": isSame },
      DryRun: input.DryRun,
    })
    checkAlgorithm(input.DestinationEncryptionAlgorithm)
    checkUsable(key, "ENCRYPT_DECRYPT")
    return {
      CiphertextBlob: encrypt(call, tx, key, source.plain, context),
      SourceKeyId: source.key.arn,
      KeyId: key.arn,
      SourceEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      DestinationEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      SourceKeyMaterialId: source.materialId,
      DestinationKeyMaterialId: materialOf(tx, key).id,
    }
  },
} satisfies Operations<typeof sdk>

interface Decryption extends Rehearsal {
  readonly blob: Uint8Array | undefined
  readonly sentContext: EncryptionContext | undefined

  /** The only key that may have encrypted it, where the caller names one. */
  readonly keyId: string | undefined
  readonly algorithm: string | undefined
  readonly isSameKey?: (source: FoundKey) => boolean
}

function decrypted(call: Call, asked: Decryption) {
  const { blob, sentContext, keyId, isSameKey, DryRun } = asked
  if (blob === undefined) {
    throw invalid(
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    )
  }
  const context = checkedContext(sentContext)
  checkAlgorithm(asked.algorithm)
  const header = readHeader(blob)
  if (header === undefined) throw unreadable()

  const arn = arnIn(call, header)
  const source = findKey(namedKey(call.tx, arn))
  if (source === undefined || header.region !== call.region) throw new CommonFault("denied", UNSEEN)
  const { key, tx } = permittedKey(call, arn, {
    conditions: {
      ...contextConditions(context),
      ...(isSameKey && { "kms:ReEncryptOnSameKey": isSameKey(source) }),
    },
    DryRun,
  })
  if (keyId !== undefined && findKey(namedKey(call.tx, keyId))?.key.arn !== key.arn) {
    throw fault(
      "IncorrectKeyException",
      "The key ID in the request does not identify a CMK that can perform this operation.",
    )
  }
  checkUsable(key, "ENCRYPT_DECRYPT")
  const plain = decrypt(call.keys, tx, key, blob, context)
  if (plain === undefined) throw unreadable()
  return { plain, key, materialId: tx.mustGet(keyMaterials, keyMaterialKey(key.id, header.version)).id }
}

function unreadable() {
  return fault(
    "InvalidCiphertextException",
    "The ciphertext is not one of KMS, was changed, or was made in another encryption context.",
  )
}

function arnIn({ partition, region }: Call, { account, keyId }: Header): string {
  return `arn:${partition}:kms:${region}:${account}:key/${keyId}`
}

function checkAlgorithm(algorithm = "SYMMETRIC_DEFAULT"): void {
  oneOf(algorithm, "encryptionAlgorithm", ["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"])
  if (algorithm !== "SYMMETRIC_DEFAULT") {
    throw fault("InvalidKeyUsageException", `The algorithm ${algorithm} is not compatible with a symmetric key.`)
  }
}

const PLAINTEXT_BYTES_MAX = 4096
const UNSEEN =
  "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."
