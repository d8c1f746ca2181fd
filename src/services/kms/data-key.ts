import type * as sdk from "@aws-sdk/client-kms"
import type { Call, Operations } from "../../aws/operations.ts"
import { checkedContext } from "./context.ts"
import { checkWhole, invalid, notYet, oneOf } from "./fault.ts"
import { encrypt } from "./material/ciphertext.ts"
import { materialOf } from "./material/material.ts"
import { checkUsable, contextConditions, permittedKey } from "./permit.ts"

export const dataKeyOperations = {
  GenerateDataKey(call, input) {
    if (input.Recipient !== undefined) throw notYet("Nitro enclaves (Recipient)")
    const { plain, ...sealed } = dataKey(call, input)
    return { ...sealed, Plaintext: plain }
  },

  GenerateDataKeyWithoutPlaintext(call, input) {
    const { plain: _, ...sealed } = dataKey(call, input)
    return sealed
  },

  GenerateRandom(call, input) {
    call.authorize("*")
    if (input.Recipient !== undefined) throw notYet("Nitro enclaves (Recipient)")
    if (input.CustomKeyStoreId !== undefined) throw notYet("custom key stores (CustomKeyStoreId)")
    if (input.NumberOfBytes === undefined) throw invalid("You must specify NumberOfBytes.")
    checkWhole(input.NumberOfBytes, "numberOfBytes", 1, BYTES_MAX)
    return { Plaintext: call.random.bytes(input.NumberOfBytes) }
  },
} satisfies Operations<typeof sdk>

function dataKey(call: Call, input: sdk.GenerateDataKeyWithoutPlaintextRequest) {
  const context = checkedContext(input.EncryptionContext)
  const { key, tx } = permittedKey(call, input.KeyId!, {
    conditions: contextConditions(context),
    DryRun: input.DryRun,
  })
  checkUsable(key, "ENCRYPT_DECRYPT")
  const plain = call.random.bytes(lengthOf(input))
  return {
    plain,
    CiphertextBlob: encrypt(call, tx, key, plain, context),
    KeyId: key.arn,
    KeyMaterialId: materialOf(tx, key).id,
  }
}

function lengthOf({ KeySpec, NumberOfBytes }: sdk.GenerateDataKeyWithoutPlaintextRequest): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw invalid("Please specify either number of bytes or key spec.")
  }
  if (KeySpec !== undefined) return oneOf(KeySpec, "keySpec", ["AES_256", "AES_128"]) === "AES_256" ? 32 : 16
  checkWhole(NumberOfBytes!, "numberOfBytes", 1, BYTES_MAX)
  return NumberOfBytes!
}

const BYTES_MAX = 1024
