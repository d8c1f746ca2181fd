import type * as sdk from "@aws-sdk/client-sts"
import { parseArn } from "../../aws/arn.ts"
import { type Call, flow, type Operations } from "../../aws/operations.ts"
import { regionScope } from "../../store/changes.ts"
import { contextOf, type OpenIdProvider, openIdProviders, type Role, roleOf, trusts } from "../iam/index.ts"
import { checkedRoleArn, checkedSeconds, describeSession } from "./assume-role.ts"
import { checkLength, checkName, denied, fault, invalid } from "./fault.ts"
import type { IssuerKeys } from "./issuer-keys.ts"
import { issueRoleSession } from "./role-session.ts"
import { checkedPolicies, packedSizeOf } from "./session-policy.ts"
import { readWebToken, verifyWebToken, type WebClaims } from "./web-token.ts"

export function webIdentityOperations(issuerKeys: IssuerKeys) {
  return {
    AssumeRoleWithWebIdentity: flow(async (call, input) => {
      const arn = checkedRoleArn(input.RoleArn!)
      const sessionName = input.RoleSessionName!
      checkName(sessionName, "roleSessionName")
      checkLength(input.WebIdentityToken!, "webIdentityToken", 4, 20_000)
      if (input.ProviderId !== undefined)
        throw invalid("Homeport takes OpenID Connect tokens only. Leave out ProviderId.")
      const token = readWebToken(input.WebIdentityToken!)

      // Only the keys of an issuer that the role's account trusts are looked for.
      await call.transact((call) => {
        call.openToAll()
        return trustedProvider(call, arn, token.claims)
      })
      const keys = await issuerKeys.of(token.claims.issuer)
      verifyWebToken(token, keys ?? [], call.world.now())

      return call.transact((call) => {
        call.openToAll()
        const provider = trustedProvider(call, arn, token.claims)
        const role = permittedRole(call, arn, sessionName, provider, token.claims)
        const seconds = checkedSeconds(input.DurationSeconds, role, false)
        const session = {
          ...checkedPolicies(call.tx, provider.account, input),
          tags: {},
          conditions: { "aws:FederatedProvider": provider.arn },
        }
        const packed = packedSizeOf(session)
        const { now, random } = call
        const options = { ...session, roleArn: arn, sessionName, seconds, now, random }
        return {
          ...describeSession(issueRoleSession(call.tx, call.keys, options)!),
          ...packed,
          SubjectFromWebIdentityToken: token.claims.subject,
          Provider: provider.arn,
          Audience: provider.audience,
        }
      })
    }),
  } satisfies Operations<typeof sdk>
}

interface Provider {
  readonly arn: string
  readonly account: string
  readonly host: string

  /** The one of its clients that the token is for. */
  readonly audience: string
}

/** The provider of the role's account that answers for a token. */
function trustedProvider({ tx }: Call, roleArn: string, claims: WebClaims): Provider {
  const { partition, account } = parseArn(roleArn)!
  const host = claims.issuer
  const provider = tx.anywhere.in(regionScope(account, "*")).get(openIdProviders, host)
  if (provider === undefined) {
    throw fault("InvalidIdentityTokenException", `No OpenIDConnect provider found in your account for https://${host}`)
  }
  const arn = `arn:${partition}:iam::${account}:oidc-provider/${host}`
  return { arn, account, host, audience: audienceOf(provider, claims) }
}

function audienceOf({ clientIds }: OpenIdProvider, { audiences, authorizedParty }: WebClaims): string {
  // A token for several names the one that it was made for.
  const meant = authorizedParty === undefined ? audiences : [authorizedParty]
  const audience = meant.find((each) => clientIds.includes(each))
  if (audience === undefined) throw fault("InvalidIdentityTokenException", "Incorrect token audience")
  return audience
}

/** Somebody without credentials has no policies: what the role's trust policy says decides alone. */
function permittedRole(
  { tx, now, sourceIp, userAgent }: Call,
  arn: string,
  sessionName: string,
  { arn: providerArn, host, audience }: Provider,
  { subject, audiences }: WebClaims,
): Role {
  const role = roleOf(tx, arn)
  const context = contextOf({
    [`${host}:sub`]: [subject],
    [`${host}:aud`]: [audience],
    [`${host}:oaud`]: audiences,
    "aws:FederatedProvider": [providerArn],
    "sts:RoleSessionName": [sessionName],
    "aws:CurrentTime": [`${new Date(now).toISOString().slice(0, 19)}Z`],
    "aws:EpochTime": [String(Math.floor(now / 1000))],
    ...(sourceIp !== undefined && { "aws:SourceIp": [sourceIp] }),
    ...(userAgent !== undefined && { "aws:UserAgent": [userAgent] }),
  })
  const request = { action: "sts:AssumeRoleWithWebIdentity", resource: arn, context }
  if (role !== undefined && trusts(role.trust, { kind: "Federated", name: providerArn }, request)) return role
  throw denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
}
