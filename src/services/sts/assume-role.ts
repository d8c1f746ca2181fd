import type * as sdk from "@aws-sdk/client-sts"
import { parseArn } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import type { Principal } from "../../aws/principal.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { type Role, roleOf } from "../iam/index.ts"
import { checkLength, checkName, checkRange, denied, invalid } from "./fault.ts"
import { issueRoleSession, type RoleSession } from "./role-session.ts"
import { checkedPolicies, packedSizeOf } from "./session-policy.ts"
import { sessionTags } from "./session-tag.ts"

const SECONDS_MIN = 900
const SECONDS_MAX = 43_200
const SECONDS_BY_DEFAULT = 3600
const CHAINED_SECONDS_MAX = 3600

export const assumeRoleOperations = {
  AssumeRole(call, input) {
    const arn = checkedRoleArn(input.RoleArn!)
    const sessionName = input.RoleSessionName!
    checkName(sessionName, "roleSessionName")
    if (input.ExternalId !== undefined) checkExternalId(input.ExternalId)
    if (input.SourceIdentity !== undefined) checkName(input.SourceIdentity, "sourceIdentity")
    if (input.ProvidedContexts?.length) throw invalid("Homeport does not have ProvidedContexts. Leave it out.")
    const caller = call.principal.session
    const { isTagged, conditions: tagConditions, ...tags } = sessionTags(input.Tags, input.TransitiveTagKeys, caller)

    // A role has another ARN in another partition, and policies guard the one that is here.
    const role = parseArn(arn)!.partition === call.partition ? roleOf(call.tx, arn) : undefined
    permit(
      call,
      arn,
      role,
      {
        "sts:RoleSessionName": sessionName,
        "sts:ExternalId": input.ExternalId,
        "sts:SourceIdentity": input.SourceIdentity ?? caller?.sourceIdentity,
        ...tagConditions,
        ...resourceTagConditions(role?.tags ?? []),
      },
      { isTagged, hasSourceIdentity: input.SourceIdentity !== undefined },
    )

    // Whoever gets here may; a second factor cannot be shown, as nobody has one.
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw denied(
        "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.",
      )
    }
    if (caller?.isFederated) throw denied("Cannot call AssumeRole with federation token credentials")
    const sourceIdentity = sourceIdentityOf(call.principal, input.SourceIdentity)
    const seconds = checkedSeconds(input.DurationSeconds, role!, isRoleSession(call.principal))
    const policies = checkedPolicies(call.tx, parseArn(arn)!.account, input)
    const session = { ...policies, ...tags, ...(sourceIdentity !== undefined && { sourceIdentity }) }
    const packed = packedSizeOf(session)
    const { now, random } = call
    const issued = issueRoleSession(call.tx, call.keys, { ...session, roleArn: arn, sessionName, seconds, now, random })
    return { ...describeSession(issued!), ...packed, ...(sourceIdentity && { SourceIdentity: sourceIdentity }) }
  },
} satisfies Operations<typeof sdk>

/** A role that is not there is refused like one that does not trust the caller: whoever may not have it learns nothing. */
function permit(
  call: Call,
  arn: string,
  role: Role | undefined,
  conditions: Parameters<Call["authorize"]>[1],
  { isTagged, hasSourceIdentity }: { readonly isTagged: boolean; readonly hasSourceIdentity: boolean },
): void {
  const policy = { document: role?.trust, governs: true }
  call.authorize(arn, conditions, policy)
  if (isTagged) call.authorizeAlso("sts:TagSession", arn, conditions, policy)
  if (hasSourceIdentity) call.authorizeAlso("sts:SetSourceIdentity", arn, conditions, policy)
  // Nothing that is not there trusts anyone; whatever decides, the role is looked for again.
  if (role === undefined) {
    throw denied(
      `User: ${call.principal.arn} is not authorized to perform: ${call.service}:${call.operation} on resource: ${arn}`,
    )
  }
}

export function checkedRoleArn(arn: string): string {
  checkLength(arn, "roleArn", 20, 2048)
  const parsed = parseArn(arn)
  if (parsed?.service === "iam" && parsed.region === "" && parsed.resource.startsWith("role/")) return arn
  throw invalid("Request ARN is invalid")
}

export function checkedSeconds(sent: number | undefined, role: Role, isChained: boolean): number {
  if (sent === undefined) return SECONDS_BY_DEFAULT
  checkRange(sent, "durationSeconds", SECONDS_MIN, SECONDS_MAX)
  if (isChained && sent > CHAINED_SECONDS_MAX) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
  }
  if (sent > role.sessionSecondsMax) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
  }
  return sent
}

export function describeSession({ assumedRoleArn, userId, ...credentials }: RoleSession) {
  return {
    Credentials: describeCredentials(credentials),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: assumedRoleArn },
  }
}

export function describeCredentials({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiresAt,
}: Pick<RoleSession, "accessKeyId" | "secretAccessKey" | "sessionToken" | "expiresAt">): sdk.Credentials {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(expiresAt),
  }
}

/** Who stands behind a session is said once, and then goes with every role that is taken from it. */
function sourceIdentityOf({ session }: Principal, sent: string | undefined): string | undefined {
  const present = session?.sourceIdentity
  if (present !== undefined && sent !== undefined && sent !== present) {
    throw denied("The source identity of a session cannot be changed.")
  }
  return sent ?? present
}

function isRoleSession({ session, identity }: Principal): boolean {
  return session !== undefined && (identity?.includes(":role/") ?? false)
}

function checkExternalId(externalId: string): void {
  checkLength(externalId, "externalId", 2, 1224)
  if (!/^[\w+=,.@:/-]*$/.test(externalId))
    throw invalid("The external ID is not valid: it may have +=,.@:/- beside letters and digits.")
}
