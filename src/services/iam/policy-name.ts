import { parseArn } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Fault } from "../../aws/fault.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { awsManagedPolicy } from "./aws-managed/index.ts"
import { invalid, noSuchEntity } from "./fault.ts"
import { checkLength } from "./names.ts"
import { type ManagedPolicy, managedPolicies } from "./tables.ts"

/** A customer's own policy, or one of AWS's; undefined for an ARN that names neither. */
export function findPolicy(tx: Tx, arn: string): ManagedPolicy | undefined {
  const parsed = parseArn(arn)
  if (parsed?.service !== "iam") return undefined
  if (parsed.account === "aws") return awsManagedPolicy(parsed.partition, parsed.resource)
  const name = parsed.resource.slice(parsed.resource.lastIndexOf("/") + 1)
  const found = tx.anywhere.in(regionScope(parsed.account, "*")).get(managedPolicies, name.toLowerCase())
  return found?.arn === arn ? found : undefined
}

/** The document that counts of a policy; undefined where there is no such policy any more. */
export function documentOf(tx: Tx, arn: string): string | undefined {
  const { versions = [], defaultVersion } = findPolicy(tx, arn) ?? {}
  return versions.find(({ id }) => id === defaultVersion)?.document
}

/** One that this account may use: its own, or AWS's. */
export function existingPolicy(
  call: Call,
  arn: string,
  missing: () => Fault = () => noSuchEntity(`Policy ${arn} was not found.`),
): ManagedPolicy {
  const { account } = checkedArn(call, arn)
  const found = account === "aws" || account === call.account ? findPolicy(call.tx, arn) : undefined
  if (found === undefined) throw missing()
  return found
}

/** The policy that an operation acts on, once it is known that the caller may. AWS's own can be read by everyone. */
export function permittedPolicy(call: Call, arn: string, conditions: Conditions = {}): ManagedPolicy {
  const { account } = checkedArn(call, arn)
  const isOwn = account === call.account
  const tags = isOwn ? (findPolicy(call.tx, arn)?.tags ?? []) : []
  const policy = account === "aws" ? { document: undefined, owner: call.account } : undefined
  call.authorize(arn, { ...conditions, ...resourceTagConditions(tags) }, policy)
  return existingPolicy(call, arn)
}

/** The same for what only a customer may change. */
export function changeablePolicy(call: Call, arn: string, conditions: Conditions = {}): ManagedPolicy {
  const policy = permittedPolicy(call, arn, conditions)
  if (isOfAws(policy)) throw invalid(`The policy ${arn} is AWS's own and cannot be changed.`)
  return policy
}

export function isOfAws({ arn }: Pick<ManagedPolicy, "arn">): boolean {
  return arn.split(":", 5)[4] === "aws"
}

/** AWS's own are in every partition, and what policies say of them is about the caller's. */
function checkedArn({ partition }: Call, arn: string) {
  checkLength(arn, "policyArn", 20, 2048)
  const parsed = parseArn(arn)
  const isPolicy = parsed?.service === "iam" && parsed.region === "" && parsed.resource.startsWith("policy/")
  if (isPolicy && parsed.partition === partition) return parsed
  throw invalid(`ARN ${arn} is not valid.`)
}
