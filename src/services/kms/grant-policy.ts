import { globalArnOf } from "../../aws/arn.ts"
import type { ResourcePolicy } from "../../aws/authorizer.ts"
import type { Principal } from "../../aws/principal.ts"
import { regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import type { FoundKey } from "./find.ts"
import { type Grant, grants, type Key } from "./tables.ts"

/** What the key says of itself. A grant is an allow like any other, so it is written as one more statement. */
export function policyOf({ principal }: { readonly principal: Principal }, { key, tx }: FoundKey): ResourcePolicy {
  const granted = grantsFor(tx, key, principal)
  if (granted.length === 0) return { document: key.policy, governs: true }
  const policy = JSON.parse(key.policy) as Policy
  const statements = granted.flatMap((grant) => statementsOf(grant, policy.Version === "2012-10-17"))
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

/** What encrypts must keep to the constraints; what only looks at the key need not. */
function statementsOf(grant: Grant, hasVariables: boolean): readonly object[] {
  const { grantee, operations } = grant
  const constrained = conditionOf(grant, hasVariables)
  const allow = (actions: readonly string[], condition?: object) =>
    actions.length === 0
      ? []
      : [
          {
            Effect: "Allow",
            Principal: { AWS: grantee },
            Action: actions.map((operation) => `kms:${operation}`),
            Resource: "*",
            ...(condition && { Condition: condition }),
          },
        ]
  if (constrained === undefined) return allow(operations)
  return [
    ...allow(
      operations.filter((operation) => !ADMINISTRATION.includes(operation)),
      constrained,
    ),
    ...allow(operations.filter((operation) => ADMINISTRATION.includes(operation))),
  ]
}

function conditionOf({ subset, equals }: Grant, hasVariables: boolean): object | undefined {
  const pairs = equals ?? subset
  if (pairs === undefined) return undefined
  // A value is meant as it stands, also where it looks like a policy variable.
  const values = Object.entries(pairs).map(([key, value]) => [
    `kms:EncryptionContext:${key}`,
    hasVariables ? value.replaceAll("$", DOLLAR) : value,
  ])
  return {
    StringEquals: Object.fromEntries(values),
    ...(equals && { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": Object.keys(equals) } }),
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is what it is
const DOLLAR = "${$}"
const ADMINISTRATION = ["CreateGrant", "RetireGrant", "DescribeKey", "GenerateMac", "VerifyMac"]
