import type { Secret } from "@aws-sdk/client-ecs"
import { globalArnOf, parseArn, resourceOf } from "../../../../aws/arn.ts"
import type { Call } from "../../../../aws/operations.ts"
import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

type Owner = Pick<Call, "account" | "region">

/** Roles, and what is fetched with the execution role before a container starts. */
export function checkSecrets(owner: Owner, definition: FilledDefinition): void {
  checkRole(owner, definition.taskRoleArn)
  checkRole(owner, definition.executionRoleArn)
  const secrets = definition.containerDefinitions.flatMap(secretsOf)
  if (secrets.length > 0 && !definition.executionRoleArn) {
    throw refusal("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
  }
  for (const secret of secrets) checkSecret(owner, secret)
  for (const container of definition.containerDefinitions) checkEnvironment(container)
}

/** A role is named as IAM names it, or by its ARN; that of another account can be passed by nobody. */
function checkRole(owner: Owner, role: string | undefined): void {
  if (role === undefined) return
  const { resource = "" } = parseArn(role) ?? {}
  const isArn = resource.startsWith("role/") && role === globalArnOf("iam", owner, resource)
  if (!isArn && !ROLE_NAME.test(role)) throw refusal("Role is not valid")
}

function secretsOf({ secrets = [], logConfiguration }: FilledContainer): readonly Secret[] {
  return [...secrets, ...(logConfiguration?.secretOptions ?? [])]
}

function checkSecret({ account }: Owner, { name, valueFrom = "" }: Secret): void {
  if (!valueFrom.startsWith("arn:")) {
    if (PARAMETER_NAME.test(valueFrom)) return
    throw refusal(`The Systems Manager parameter name specified for secret ${name} is invalid`)
  }
  const arn = parseArn(valueFrom)
  if (arn === undefined) throw refusal("Invalid arn syntax.")
  const { type } = resourceOf(arn)
  if (arn.service === "secretsmanager" && type === "secret") return
  if (arn.service !== "ssm" || type !== "parameter") throw refusal("Invalid arn syntax.")
  if (arn.account !== account) {
    throw refusal(
      `The Systems Manager parameter ARN has a different account ID than the current account. The current account ID is ${account} and the ARN account ID is ${arn.account}. Cross-account access for ARNs is not currently supported.`,
    )
  }
}

function checkEnvironment({ environment, environmentFiles = [], secrets = [] }: FilledContainer): void {
  if (environment.some(({ name }) => !name)) {
    throw refusal("Container.environment.name should not be null or empty.")
  }
  const names = new Set<string | undefined>(environment.map(({ name }) => name))
  for (const { name } of secrets) {
    if (names.has(name)) {
      throw refusal(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`,
      )
    }
    names.add(name)
  }
  if (environmentFiles.length > 10) {
    throw refusal("The maximum number of environment files was exceeded. Specify ten or less and try again.")
  }
  for (const { value = "" } of environmentFiles) {
    const arn = parseArn(value)
    if (arn?.service !== "s3") throw refusal("Invalid arn syntax.")
    if (!arn.resource.endsWith(".env")) throw refusal("An environment file must have a .env file extension.")
  }
}

const ROLE_NAME = /^[\w+=,.@-]{1,64}$/
const PARAMETER_NAME = /^[a-zA-Z0-9_.\-/]{1,2048}$/
