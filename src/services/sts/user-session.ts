import type * as sdk from "@aws-sdk/client-sts"
import type { Call, Operations } from "../../aws/operations.ts"
import type { Session } from "../../aws/principal.ts"
import { describeCredentials } from "./assume-role.ts"
import { checkName, checkRange, denied } from "./fault.ts"
import { federatedUserArn, issue } from "./session.ts"
import { checkedPolicies, packedSizeOf } from "./session-policy.ts"
import { sessionTags } from "./session-tag.ts"

const SECONDS_MIN = 900
const SECONDS_MAX = 129_600
const SECONDS_BY_DEFAULT = 43_200
const ROOT_SECONDS_MAX = 3600

export const userSessionOperations = {
  GetSessionToken(call, { DurationSeconds, SerialNumber, TokenCode }) {
    const { account, partition, principal } = call
    // Whoever has a key of their own may have a shorter one; a machine's key is for what machines do.
    if (principal.only === undefined) call.openToAll()
    else call.authorize("*")
    refuseSessions(call)
    if (SerialNumber !== undefined || TokenCode !== undefined) {
      throw denied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
    }
    const session: Session = { ...times(call, DurationSeconds), policies: [], policyArns: [], tags: {} }
    const holder =
      principal.identity === undefined
        ? ({ kind: "root", account } as const)
        : ({ kind: "user", partition, account, id: principal.userId } as const)
    return { Credentials: describeCredentials(issue(call.keys, call.random, { holder, session })) }
  },

  GetFederationToken(call, input) {
    const { account, partition, principal } = call
    const name = input.Name!
    checkName(name, "name", 32)
    const { isTagged, conditions, transitiveTagKeys: _, ...tags } = sessionTags(input.Tags)
    const arn = federatedUserArn(call, name)
    call.authorize(arn, conditions)
    if (isTagged) call.authorizeAlso("sts:TagSession", arn, conditions)
    refuseSessions(call)
    const session: Session = {
      ...times(call, input.DurationSeconds),
      ...checkedPolicies(call.tx, account, input),
      ...tags,
      isFederated: true,
    }
    const packed = packedSizeOf(session)
    const id = principal.identity === undefined ? undefined : principal.userId
    const holder = { kind: "federated", partition, account, id, name } as const
    return {
      Credentials: describeCredentials(issue(call.keys, call.random, { holder, session })),
      FederatedUser: { FederatedUserId: `${account}:${name}`, Arn: arn },
      ...packed,
    }
  },
} satisfies Operations<typeof sdk>

/** Nobody prolongs a session by asking for another one from within it. */
function refuseSessions({ operation, principal }: Call): void {
  if (principal.session !== undefined) throw denied(`Cannot call ${operation} with session credentials`)
}

/** An account's root gets an hour at most, whatever it asks for. */
function times({ now, principal }: Call, sent = SECONDS_BY_DEFAULT): Pick<Session, "issuedAt" | "expiresAt"> {
  checkRange(sent, "durationSeconds", SECONDS_MIN, SECONDS_MAX)
  const seconds = principal.identity === undefined ? Math.min(sent, ROOT_SECONDS_MAX) : sent
  return { issuedAt: now, expiresAt: now + seconds * 1000 }
}
