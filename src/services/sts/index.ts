/**
 * AWS Security Token Service.
 *
 * Covers: GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken, GetFederationToken and
 * GetAccessKeyInfo of long-lived keys. A session's token holds all that there is to know of the session, so sessions
 * survive restarts; it is sealed under a key that follows from the master key.
 *
 * Leaves out, and says so when asked: SAML, AssumeRoot, DecodeAuthorizationMessage (nothing here encodes any), MFA,
 * ProvidedContexts, outbound web identities; session tags and source identity in web identities.
 *
 * Sessions of GetSessionToken and GetFederationToken may use nothing of IAM, as on AWS without MFA; they are told so by a
 * denial.
 *
 * Unlike AWS on purpose: an account's root may take a role that trusts its account, as the first key that anyone has
 * here is root's. The keys of an issuer of web identities are not fetched from it but given by whoever runs the region
 * (docs/operating.md), as a control plane that calls whatever address a tenant names can be made to call its own network.
 */
import { type Service, service } from "../../aws/service.ts"
import { assumeRoleOperations } from "./assume-role.ts"
import { callerOperations } from "./caller.ts"
import { type IssuerKeys, NO_ISSUERS } from "./issuer-keys.ts"
import { userSessionOperations } from "./user-session.ts"
import { webIdentityOperations } from "./web-identity.ts"

export type { IssuerKey, IssuerKeys } from "./issuer-keys.ts"
export { issueRoleSession, isTrustedWith, type RoleSession, type RoleSessionOptions } from "./role-session.ts"
export { type SentSession, SessionReader } from "./session.ts"

/** The service over the keys of issuers of web identities, which whoever puts the region together knows. */
export function sts(issuerKeys: IssuerKeys = NO_ISSUERS): Service {
  return service({
    name: "sts",
    queryVersion: "2011-06-15",
    protocols: ["awsQuery"],
    sdk: () => import("@aws-sdk/client-sts"),
    operations: {
      ...callerOperations,
      ...assumeRoleOperations,
      ...webIdentityOperations(issuerKeys),
      ...userSessionOperations,
    },
    unsigned: ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"],
  })
}
