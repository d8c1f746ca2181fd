import type * as sdk from "@aws-sdk/client-ecr"
import type { Keys } from "../../aws/keys.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import type { Principal } from "../../aws/principal.ts"
import { identityOf } from "../iam/index.ts"
import { registryEndpoint } from "./address.ts"
import { homeOf } from "./names.ts"
import { seal, unseal } from "./sealed.ts"

/** What a token for the registry says. It is looked at anew with each request: it opens no door by itself. */
export interface TokenContent {
  readonly principal: Principal

  /** Of the user or role behind temporary credentials: another one may get the same name. */
  readonly identityId?: string

  /** That a repository is in which is named without one. */
  readonly region: string
  readonly expiresAt: number
}

export const authorizationTokenOperations = {
  GetAuthorizationToken(call, { registryIds = [] }) {
    call.authorize("*")
    const { token, expiresAt } = makeToken(call)
    const authorizationToken = Buffer.from(`AWS:${token}`).toString("base64")
    const registries = registryIds.length === 0 ? [undefined] : registryIds
    return {
      authorizationData: registries.map((id) => {
        homeOf(call, id)
        return { authorizationToken, expiresAt: new Date(expiresAt), proxyEndpoint: registryEndpoint(call.origin) }
      }),
    }
  },
} satisfies Operations<typeof sdk>

export function makeToken({ tx, keys, random, principal, region, now }: Call): {
  readonly token: string
  readonly expiresAt: number
} {
  // It is no longer good than the credentials that it was made with.
  const expiresAt = Math.min(now + TOKEN_MS, principal.session?.expiresAt ?? Number.POSITIVE_INFINITY)
  const identityId = principal.identity && identityOf(tx, principal.identity)?.id
  const content: TokenContent = { principal, ...(identityId !== undefined && { identityId }), region, expiresAt }
  return { token: seal(tokenKey(keys), random, content), expiresAt }
}

export function readToken(keys: Keys, token: string): TokenContent | undefined {
  return unseal(tokenKey(keys), token)
}

function tokenKey(keys: Keys): Uint8Array {
  return keys.derive("ecr-token/v1")
}

const TOKEN_MS = 12 * 60 * 60 * 1000
