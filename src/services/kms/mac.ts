import { createHmac, timingSafeEqual } from "node:crypto"
import type * as sdk from "@aws-sdk/client-kms"
import type { Call, Operations } from "../../aws/operations.ts"
import { fault, invalid, oneOf } from "./fault.ts"
import { macAlgorithmOf } from "./key.ts"
import { materialBytes } from "./material/material.ts"
import { checkUsable, permittedKey } from "./permit.ts"
import type { MacSpec } from "./tables.ts"

export const macOperations = {
  GenerateMac(call, input) {
    return madeMac(call, input)
  },

  VerifyMac(call, input) {
    const { Mac: mac, ...made } = madeMac(call, input)
    const sent = input.Mac!
    if (sent.length !== mac.length || !timingSafeEqual(sent, mac)) {
      throw fault("KMSInvalidMacException", "The HMAC does not fit the message, the key and the algorithm.")
    }
    return { ...made, MacValid: true }
  },
} satisfies Operations<typeof sdk>

function madeMac(call: Call, input: sdk.GenerateMacRequest) {
  const { Message: message, MacAlgorithm: sent, DryRun } = input
  const algorithm = oneOf(sent!, "macAlgorithm", ALGORITHMS)
  const { key, tx } = permittedKey(call, input.KeyId!, { conditions: { "kms:MacAlgorithm": algorithm }, DryRun })
  checkUsable(key, "GENERATE_VERIFY_MAC")
  if (algorithm !== macAlgorithmOf(key.spec as MacSpec)) {
    throw fault("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`)
  }
  if (message!.length < 1 || message!.length > MESSAGE_BYTES_MAX) {
    throw invalid(`The message must have between 1 and ${MESSAGE_BYTES_MAX} bytes.`)
  }
  const hash = `sha${algorithm.slice("HMAC_SHA_".length)}`
  const mac = createHmac(hash, materialBytes(call.keys, tx, key, key.version))
    .update(message!)
    .digest()
  return { Mac: mac, MacAlgorithm: algorithm, KeyId: key.arn }
}

const ALGORITHMS: readonly sdk.MacAlgorithmSpec[] = ["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"]
const MESSAGE_BYTES_MAX = 4096
