import {
  type Authorizer,
  accountOfResource,
  type Denial,
  matchesAction,
  type Question,
} from "../../../aws/authorizer.ts"
import { type CompiledPolicy, compiledOf } from "./compile.ts"
import { decide, type Powers, type Refusal, type ResourceSide } from "./decide.ts"
import type { Identities, Identity } from "./identity.ts"
import { RequestContext } from "./request-context.ts"

/** Decides by policies, wherever users, roles and managed policies are kept. */
export function authorizerOver(identities: Identities): Authorizer {
  return (question) => {
    const refusal = refusalOf(question, identities)
    return refusal && denialOf(refusal, question)
  }
}

function refusalOf(question: Question, identities: Identities): Refusal | undefined {
  const { tx, caller, action, resource, policy } = question
  const { only, identity: arn, session } = caller.principal
  const isOtherAccounts = belongsToOthers(question)
  // An account's own root, and its keys for one purpose, have no policies: there is nothing to look up.
  if (only !== undefined || (arn === undefined && session === undefined && policy === undefined)) {
    if (isOtherAccounts) return { explicit: false, by: "resource" }
    const may = only === undefined || only.some((pattern) => matchesAction(pattern, action))
    return may ? undefined : { explicit: false, by: "identity" }
  }

  const identity = arn === undefined ? undefined : identities.identityOf(tx, arn)
  const side: ResourceSide = {
    policy: policy?.document === undefined ? undefined : compiledOf(policy.document),
    governs: policy?.governs === true,
    isOtherAccounts,
  }
  const context = new RequestContext(question, identity)
  const refusal = decide(powersOf(question, identity, identities), side, { action, resource, context })
  return refusal ?? (needsMfa(question) ? { explicit: false, by: "session" } : undefined)
}

/** What is AWS's own, a managed policy say, everyone may have who has it allowed. */
function belongsToOthers({ caller, resource, policy }: Question): boolean {
  const owner = policy?.owner ?? accountOfResource(resource)
  return owner !== "" && owner !== "aws" && owner !== caller.principal.account
}

function powersOf(question: Question, identity: Identity | undefined, identities: Identities): Powers {
  const { account, arn, identity: identityArn } = question.caller.principal
  return {
    requester: { kind: "identity", account, arn, identity: identityArn, identityId: identity?.id },
    // A user or role that is no more has no policies, and its sessions may nothing.
    identity: identityArn === undefined ? undefined : (identity?.policies ?? []).map(compiledOf),
    boundary: identity?.boundary === undefined ? undefined : compiledOf(identity.boundary),
    session: sessionPolicies(question, identities),
  }
}

function sessionPolicies({ tx, caller }: Question, identities: Identities): readonly CompiledPolicy[] | undefined {
  const { session } = caller.principal
  if (session === undefined) return undefined
  const { policies, policyArns, isFederated } = session
  if (policies.length + policyArns.length === 0) return isFederated ? [] : undefined
  const managed = policyArns.flatMap((arn) => identities.managedPolicyDocument(tx, arn) ?? [])
  return [...policies, ...managed].map(compiledOf)
}

/** What GetSessionToken and GetFederationToken give is good for no operation of IAM, but with MFA. */
function needsMfa({ caller: { principal, service } }: Question): boolean {
  const { session, identity, arn } = principal
  if (session === undefined || service !== "iam") return false
  if (session.isFederated === true) return true
  return (identity ?? arn) === arn && session.conditions?.["aws:MultiFactorAuthPresent"] !== "true"
}

function denialOf({ explicit, by }: Refusal, { action, policy }: Question): Denial {
  const isTrust = by === "resource" && policy?.governs === true && action.startsWith("sts:")
  if (explicit) return { words: `with an explicit deny in ${isTrust ? "the role trust policy" : EXPLICIT[by]}` }
  return { words: `because no ${isTrust ? "role trust policy" : IMPLICIT[by]} allows the ${action} action` }
}

const EXPLICIT: Readonly<Record<Refusal["by"], string>> = {
  identity: "an identity-based policy",
  resource: "a resource-based policy",
  boundary: "a permissions boundary",
  session: "a session policy",
}

const IMPLICIT: Readonly<Record<Refusal["by"], string>> = {
  identity: "identity-based policy",
  resource: "resource-based policy",
  boundary: "permissions boundary",
  session: "session policy",
}
