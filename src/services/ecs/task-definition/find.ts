import { arnOf, parseArn, resourceOf } from "../../../aws/arn.ts"
import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { fault, invalid } from "../fault.ts"
import { type TaskDefinition, taskDefinitionKey, taskDefinitions } from "../tables/task-definition.ts"

/** Whose task definitions are meant by names without an ARN. */
type Owner = Pick<Call, "account" | "region">

/** What a caller means by `web`, `web:7` or an ARN. */
export interface Identifier {
  readonly family: string

  /** Undefined for the latest ACTIVE one. */
  readonly revision: number | undefined

  /** Whether it can be found here at all: an ARN may name another account or region. */
  readonly isOwn: boolean
}

/** The text taken apart, or what is wrong with it. */
export function readIdentifier(owner: Owner, text: string): Identifier | "not an identifier" | "not a revision" {
  if (!text.startsWith("arn:")) return readName(text, true)
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== "ecs") return "not an identifier"
  const { type, id } = resourceOf(arn)
  if (type !== "task-definition") return "not an identifier"
  return readName(id, arn.account === owner.account && arn.region === owner.region)
}

function readName(text: string, isOwn: boolean): Identifier | "not an identifier" | "not a revision" {
  const [family = "", revision, ...more] = text.split(":")
  if (!FAMILY.test(family) || more.length > 0) return "not an identifier"
  if (revision === undefined) return { family, revision, isOwn }
  if (!REVISION.test(revision)) return "not a revision"
  return { family, revision: Number(revision), isOwn }
}

/** The revision that is meant, whatever its status; a family alone means its latest ACTIVE one. */
export function findDefinition(tx: Tx, owner: Owner, identifier: string): TaskDefinition | undefined {
  const meant = readIdentifier(owner, identifier)
  if (meant === "not a revision") throw fault("ClientException", "Invalid task definition: Invalid revision number.")
  if (meant === "not an identifier" || !meant.isOwn) return undefined
  const { family, revision } = meant
  if (revision !== undefined) return tx.get(taskDefinitions, taskDefinitionKey(family, revision))
  return tx.list(taskDefinitions, { where: ["familyStatus", `${family} ACTIVE`], descending: true, limit: 1 })[0]
}

/** As policies see a revision that a caller names, whether or not it exists; undefined for a text that names none. */
export function namedDefinitionArn(call: Call, identifier: string): string | undefined {
  const meant = readIdentifier(call, identifier)
  if (typeof meant === "string") return undefined
  if (!meant.isOwn) return identifier
  return findDefinition(call.tx, call, identifier)?.arn ?? definitionArn(call, meant.family, meant.revision ?? "*")
}

/** The revision of an ARN that a record holds; it is of the record's own account and region. */
export function definitionByArn(tx: Tx, arn: string): TaskDefinition | undefined {
  const { id } = resourceOf({ resource: arn.slice(arn.lastIndexOf(":task-definition/") + 1) })
  const [family = "", revision] = id.split(":")
  return tx.get(taskDefinitions, taskDefinitionKey(family, Number(revision)))
}

/** The revision that RunTask, CreateService and their like are to start tasks of. */
export function activeDefinition(call: Call, identifier: string): TaskDefinition {
  const found = findDefinition(call.tx, call, identifier)
  if (found === undefined) throw fault("ClientException", "TaskDefinition not found.")
  if (found.status === "ACTIVE") return found

  // The same sentence comes under another name where tasks are started without a service.
  const sentence = "TaskDefinition is inactive"
  throw ["RunTask", "StartTask"].includes(call.operation) ? invalid(sentence) : fault("ClientException", sentence)
}

export function definitionArn(owner: Owner, family: string, revision: number | "*"): string {
  return arnOf("ecs", owner, `task-definition/${family}:${revision}`)
}

export const FAMILY = /^[a-zA-Z0-9\-_]{1,255}$/
const REVISION = /^[1-9][0-9]{0,9}$/
