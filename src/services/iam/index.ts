/**
 * AWS Identity and Access Management.
 *
 * Covers: users, groups and access keys; roles with their trust policies, service-linked roles among them; instance
 * profiles; customer managed policies with versions, inline policies, permissions boundaries, tags; AWS's own managed
 * policies that people who run tasks meet (`aws-managed`); OpenID Connect providers; account alias, summary and
 * authorization details; simulations. What a policy allows is decided in `policy` and asked of every operation of every service.
 *
 * Kept without an effect: the password policy of an account, as no user has a password; thumbprints of OpenID Connect
 * providers, as Homeport asks no issuer for its keys.
 *
 * Leaves out, and says so when asked: passwords and MFA, signing and server certificates, SSH keys, service-specific
 * credentials, SAML providers, when a key or a role was last used, access advisor, organizations' features. Listings of
 * such things are empty, as there are none. Credential reports are refused.
 *
 * Unlike AWS on purpose: changes count at once, everywhere. Quotas are AWS's defaults and cannot be raised. The last
 * key of an account's root stays, as there is no other way in.
 * An account is the same one in every partition, China's say, and its root acts in all of them; a user's key or a session
 * is good only in the one that it was made in.
 * UpdateServiceLinkedRole has no counterpart, and a service's own role may be deleted whenever its account wants to: the
 * service makes it again when it needs it.
 */
import { service } from "../../aws/service.ts"
import { absentOperations } from "./absent.ts"
import { accessKeyOperations } from "./access-key.ts"
import { accountOperations } from "./account.ts"
import { attachmentOperations } from "./attachment.ts"
import { authorizationDetailsOperations } from "./authorization-details.ts"
import { boundaryOperations } from "./boundary.ts"
import { groupOperations } from "./group.ts"
import { inlinePolicyOperations } from "./inline-policy.ts"
import { instanceProfileOperations } from "./instance-profile.ts"
import { managedPolicyOperations } from "./managed-policy.ts"
import { openIdProviderOperations } from "./open-id-provider.ts"
import { policyVersionOperations } from "./policy-version.ts"
import { roleOperations } from "./role.ts"
import { serviceLinkedRoleOperations } from "./service-linked-role.ts"
import { simulateOperations } from "./simulate.ts"
import {
  accountSettings,
  groups,
  instanceProfiles,
  managedPolicies,
  openIdProviders,
  roleDeletions,
  roles,
  users,
} from "./tables.ts"
import { tagOperations } from "./tag.ts"
import { userOperations } from "./user.ts"

export { authorizer } from "./authorizer.ts"
export { identityOf, isGone, roleOf } from "./identity.ts"
export { contextOf } from "./policy/context.ts"
export { type PolicyKind, policyProblem } from "./policy/problem.ts"
export { type Outsider, principalsNamed, trusts } from "./policy/trust.ts"
export { documentOf } from "./policy-name.ts"
export { roleArn, userArn, userPrincipalOf, userWithId } from "./principal.ts"
export { ensureLinkedRole } from "./service-linked-role.ts"
export { type OpenIdProvider, openIdProviders, type Role, type User } from "./tables.ts"

export const iam = service({
  name: "iam",
  queryVersion: "2010-05-08",
  protocols: ["awsQuery"],
  sdk: () => import("@aws-sdk/client-iam"),
  operations: {
    ...userOperations,
    ...groupOperations,
    ...accessKeyOperations,
    ...roleOperations,
    ...instanceProfileOperations,
    ...serviceLinkedRoleOperations,
    ...managedPolicyOperations,
    ...policyVersionOperations,
    ...inlinePolicyOperations,
    ...attachmentOperations,
    ...boundaryOperations,
    ...tagOperations,
    ...openIdProviderOperations,
    ...accountOperations,
    ...authorizationDetailsOperations,
    ...absentOperations,
    ...simulateOperations,
  },
  tables: [users, groups, roles, instanceProfiles, managedPolicies, openIdProviders, accountSettings, roleDeletions],
})
