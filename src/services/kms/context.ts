import { invalid } from "./fault.ts"
import type { EncryptionContext } from "./material/ciphertext.ts"

/** What was sent along with the data. It is no secret, and has to be the same when the data is decrypted. */
export function checkedContext(context: EncryptionContext = {}): EncryptionContext {
  let length = 0
  for (const [key, value] of Object.entries(context)) {
    if (key === "") throw invalid("The encryption context has a pair without a key.")
    length += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (length > LENGTH_MAX) throw invalid(`The encryption context is longer than ${LENGTH_MAX} bytes.`)
  return context
}

const LENGTH_MAX = 8192
