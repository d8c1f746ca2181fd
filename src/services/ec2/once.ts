import { createHash } from "node:crypto"
import type { Call } from "../../aws/operations.ts"
import { fault } from "./fault.ts"
import { clientTokens } from "./tables.ts"

/**
 * Makes something, unless the same request with the same client token has made it already; resolves to the ids of what
 * was made, then or now. SDKs send a token with every such request and repeat it when they try again.
 */
export function once(
  call: Call,
  input: { readonly ClientToken?: string | undefined; readonly DryRun?: boolean | undefined },
  make: () => readonly string[],
): readonly string[] {
  const { ClientToken, DryRun: _, ...asked } = input
  if (ClientToken === undefined || ClientToken === "") return make()
  const key = `${call.operation} ${ClientToken}`
  const requestDigest = createHash("sha256").update(JSON.stringify(asked)).digest("hex")
  const earlier = call.tx.get(clientTokens, key)
  if (earlier !== undefined) {
    if (earlier.requestDigest === requestDigest) return earlier.resourceIds
    throw fault(
      "IdempotentParameterMismatch",
      "The client token you have provided has already been used with different parameters.",
    )
  }
  const resourceIds = make()
  call.tx.put(clientTokens, { key, requestDigest, resourceIds, usedAt: call.now })
  return resourceIds
}
