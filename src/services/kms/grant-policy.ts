import { globalArnOf } from "../../aws/arn.ts"
import type { Principal } from "../../aws/principal.ts"
import { regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { type Grant, grants, type Key } from "./tables.ts"

/** What the grants of a key let this principal do, as statements of a policy. */
export function grantStatements(tx: Tx, { id }: Pick<Key, "id">, principal: Principal): readonly object[] {
  const root = globalArnOf("iam", { account: principal.account, region: regionOf(tx.scope) }, "root")
  const names = new Set([principal.arn, principal.identity ?? principal.arn, root])
  return [...names].flatMap((name) => tx.where(grants, "grantee", `${id}/${name}`)).flatMap(statementsOf)
}

/** What encrypts must keep to the constraints; what only looks at the key need not. */
function statementsOf(grant: Grant): readonly object[] {
  const { grantee, operations } = grant
  const constrained = conditionOf(grant)
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

function conditionOf({ subset, equals }: Grant): object | undefined {
  const pairs = equals ?? subset
  if (pairs === undefined) return undefined
  // A value is meant as it stands, also where it looks like a policy variable.
  const values = Object.entries(pairs).map(([key, value]) => [
    `kms:EncryptionContext:${key}`,
    value.replaceAll("$", DOLLAR),
  ])
  return {
    StringEquals: Object.fromEntries(values),
    ...(equals && { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": Object.keys(equals) } }),
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is what it is
const DOLLAR = "${$}"
const ADMINISTRATION = ["CreateGrant", "RetireGrant", "DescribeKey", "GenerateMac", "VerifyMac"]
