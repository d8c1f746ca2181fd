import { isDeepStrictEqual } from "node:util"
import { globalArnOf } from "../../aws/arn.ts"
import type { ResourcePolicy } from "../../aws/authorizer.ts"
import type { Principal } from "../../aws/principal.ts"
import { regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import type { FoundKey } from "./find.ts"
import { type Grant, grants, type Key } from "./tables.ts"

/** What a grant lets its grantee do, and with what. */
export type Terms = Pick<Grant, "operations" | "subset" | "equals">

/** The grant that a request is about, if it is about one. */
export interface Concerned {
  readonly retired?: Grant
  readonly handedOn?: Terms
}

/**
 * What the key says of itself. A grant is an allow like any other, so it is written as one more statement; and whoever
 * may retire it may do so by one.
 */
export function policyOf(
  { principal }: { readonly principal: Principal },
  { key, tx }: FoundKey,
  { retired, handedOn }: Concerned = {},
): ResourcePolicy {
  const granted = grantsFor(tx, key, principal).filter((grant) => handedOn === undefined || covers(grant, handedOn))
  if (granted.length === 0 && retired === undefined) return { document: key.policy, governs: true }
  const policy = JSON.parse(key.policy) as Policy
  const statements = granted.flatMap((grant) => statementsOf(grant, policy.Version === "2012-10-17"))
  if (retired?.retiring !== undefined) statements.push(allow(retired.retiring, ["RetireGrant"]))
  const document = JSON.stringify({ ...policy, Statement: [policy.Statement, statements].flat(2) })
  return { document, governs: true }
}

interface Policy {
  readonly Version?: string
  readonly Statement: object | readonly object[]
}

function grantsFor(tx: Tx, { id }: Pick<Key, "id">, principal: Principal): readonly Grant[] {
  const root = globalArnOf("iam", { account: principal.account, region: regionOf(tx.scope) }, "root")
  const names = new Set([principal.arn, principal.identity ?? principal.arn, root])
  return [...names].flatMap((name) => tx.where(grants, "grantee", `${id}/${name}`))
}

/** Whether a grant has all that another one is to have: nobody hands on what it was not given. */
function covers({ operations, subset, equals }: Grant, handedOn: Terms): boolean {
  if (!handedOn.operations.every((operation) => operations.includes(operation))) return false
  if (equals !== undefined) return isDeepStrictEqual(handedOn.equals, equals)
  const kept = handedOn.equals ?? handedOn.subset ?? {}
  return Object.entries(subset ?? {}).every(([name, value]) => Object.hasOwn(kept, name) && kept[name] === value)
}

/** What encrypts must keep to the constraints; what only looks at the key need not. */
function statementsOf(grant: Grant, hasVariables: boolean): readonly object[] {
  const { grantee, operations } = grant
  const constrained = conditionOf(grant, hasVariables)
  const isFree = (operation: string) => constrained === undefined || ADMINISTRATION.includes(operation)
  const [free, bound] = [operations.filter(isFree), operations.filter((operation) => !isFree(operation))]
  return [
    ...(free.length === 0 ? [] : [allow(grantee, free)]),
    ...(bound.length === 0 ? [] : [{ ...allow(grantee, bound), Condition: constrained }]),
  ]
}

function allow(principal: string, operations: readonly string[]): object {
  const actions = operations.map((operation) => `kms:${operation}`)
  return { Effect: "Allow", Principal: { AWS: principal }, Action: actions, Resource: "*" }
}

function conditionOf({ subset, equals }: Grant, hasVariables: boolean): object | undefined {
  const pairs = equals ?? subset ?? {}
  const keys = Object.keys(pairs)
  if (keys.length === 0) return equals && { Null: { "kms:EncryptionContextKeys": "true" } }
  // A value is meant as it stands, also where it looks like a policy variable.
  const values = Object.entries(pairs).map(([key, value]) => [
    `kms:EncryptionContext:${key}`,
    hasVariables ? value.replaceAll("$", DOLLAR) : value,
  ])
  return {
    StringEquals: Object.fromEntries(values),
    ...(equals && { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": keys } }),
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is what it is
const DOLLAR = "${$}"
const ADMINISTRATION = ["CreateGrant", "RetireGrant", "DescribeKey", "GenerateMac", "VerifyMac"]
