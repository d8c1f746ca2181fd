import type * as sdk from "@aws-sdk/client-ecs"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { fault, invalid } from "./fault.ts"
import { listed } from "./list.ts"
import { permit, permitMaking } from "./permit.ts"
import { families, type TaskDefinition, taskDefinitions } from "./tables/task-definition.ts"
import { checkedTags, putTags, tagsOf } from "./tag.ts"
import { attributesOf } from "./task-definition/attributes.ts"
import { checkDefinition } from "./task-definition/check.ts"
import { compatibilitiesOf } from "./task-definition/compatibilities.ts"
import { familiesFrom } from "./task-definition/families.ts"
import { type Definition, type FilledDefinition, fill } from "./task-definition/fill.ts"
import { definitionArn, FAMILY, findDefinition, readIdentifier } from "./task-definition/find.ts"
import { authorizePassingToTasks } from "./task-definition/pass-role.ts"

export const taskDefinitionOperations = {
  RegisterTaskDefinition(call, { family, tags: sentTags, ...request }) {
    if (!FAMILY.test(family!)) throw fault("ClientException", "Family contains invalid characters.")
    const tags = checkedTags(sentTags, "task-definition")
    const filled = fill(request)
    permitMaking(call, { arn: definitionArn(call, family!, "*"), tags, conditions: () => conditionsOf(filled) })
    checkDefinition(call, filled)
    authorizePassingToTasks(call, filled)
    const definition = derived(filled)
    checkLength(definition)

    // A family counts on even when all its revisions are gone: a number never comes to mean something else.
    const revision = (call.tx.get(families, family!)?.latestRevision ?? 0) + 1
    call.tx.put(families, { name: family!, latestRevision: revision })
    const registered: TaskDefinition = {
      arn: definitionArn(call, family!, revision),
      family: family!,
      revision,
      status: "ACTIVE",
      definition,
      registeredAt: call.now,
      registeredBy: call.principal.arn,
    }
    call.tx.put(taskDefinitions, registered)
    putTags(call.tx, registered.arn, tags)
    return { taskDefinition: describe(registered), ...(sentTags !== undefined && { tags: [...tags] }) }
  },

  DescribeTaskDefinition(call, { taskDefinition, include = [] }) {
    call.authorize("*")
    const unknown = include.find((field) => field !== "TAGS")
    if (unknown !== undefined) {
      throw fault("ClientException", `${unknown} is not a valid value for include. The value must be one of [[TAGS]]`)
    }
    const found = findDefinition(call.tx, call, taskDefinition!)
    if (found === undefined) throw fault("ClientException", "Unable to describe task definition.")
    return { taskDefinition: describe(found), tags: include.length === 0 ? [] : [...tagsOf(call.tx, found.arn)] }
  },

  ListTaskDefinitions(call, input) {
    call.authorize("*")
    const { familyPrefix, status = "ACTIVE", sort = "ASC" } = input
    oneOf("status", status, ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"])
    oneOf("sort", sort, ["ASC", "DESC"])
    const descending = sort === "DESC"
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      // Whatever its name says, the prefix is the whole name of a family.
      list: (from) => {
        if (familyPrefix === undefined) {
          return call.tx.list(taskDefinitions, { where: ["status", status], descending, ...from })
        }
        return call.tx.list(taskDefinitions, {
          where: ["familyStatus", `${familyPrefix} ${status}`],
          descending,
          ...from,
        })
      },
      position: taskDefinitions.key,
    })
    return { taskDefinitionArns: page.map(({ arn }) => arn), ...(nextToken !== undefined && { nextToken }) }
  },

  ListTaskDefinitionFamilies(call, input) {
    call.authorize("*")
    const { familyPrefix = "", status } = input
    oneOf("status", status ?? "ALL", ["ACTIVE", "INACTIVE", "ALL"])
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      list: ({ after, limit }) => [...familiesFrom(call.tx, familyPrefix, status ?? "ALL", after).take(limit)],
      position: (name) => name,
    })
    return { families: [...page], ...(nextToken !== undefined && { nextToken }) }
  },

  DeregisterTaskDefinition(call, { taskDefinition }) {
    call.authorize("*")
    const meant = readIdentifier(call, taskDefinition!)
    if (typeof meant !== "string" && meant.revision === undefined) throw invalid("Revision is missing")
    const found = findDefinition(call.tx, call, taskDefinition!)
    if (found === undefined) throw fault("ClientException", MISSING)
    if (found.status === "DELETE_IN_PROGRESS") {
      throw fault(
        "ClientException",
        "The task definition could not be deregistered because it is in the process of being deleted.",
      )
    }
    // Deregistering twice is no mistake.
    const deregistered: TaskDefinition =
      found.status === "INACTIVE" ? found : { ...found, status: "INACTIVE", deregisteredAt: call.now }
    call.tx.put(taskDefinitions, deregistered)

    // When it was deregistered, only those who ask later are told.
    const { deregisteredAt: _, ...shown } = describe(deregistered)
    return { taskDefinition: shown }
  },

  DeleteTaskDefinitions(call, { taskDefinitions: identifiers }) {
    if (identifiers!.length === 0) throw invalid("Task Definitions cannot be empty.")
    if (identifiers!.length > DELETED_MAX) {
      throw invalid(`Task Definitions cannot have more than ${DELETED_MAX} elements`)
    }
    permit(
      call,
      identifiers!.flatMap((identifier) => namedArn(call, identifier) ?? []),
    )

    const deleted: sdk.TaskDefinition[] = []
    const failures: sdk.Failure[] = []
    for (const identifier of identifiers!) {
      const outcome = requestDeletion(call, identifier)
      if (typeof outcome === "string") failures.push({ arn: identifier, reason: outcome })
      else deleted.push(describe(outcome))
    }
    return { taskDefinitions: deleted, failures }
  },
} satisfies Operations<typeof sdk>

/** A task definition as every operation shows it. */
function describe(record: TaskDefinition): sdk.TaskDefinition {
  const { arn, family, revision, status, definition, registeredAt, registeredBy } = record
  const { deregisteredAt, deleteRequestedAt } = record
  return {
    ...definition,
    taskDefinitionArn: arn,
    family,
    revision,
    status,
    registeredAt: new Date(registeredAt),
    registeredBy,
    ...(deregisteredAt !== undefined && { deregisteredAt: new Date(deregisteredAt) }),
    ...(deleteRequestedAt !== undefined && { deleteRequestedAt: new Date(deleteRequestedAt) }),
  }
}

/** What follows from what the caller wrote. */
function derived(filled: FilledDefinition): Definition {
  const requiresAttributes = attributesOf(filled)
  return {
    ...filled,
    compatibilities: compatibilitiesOf(filled),
    ...(requiresAttributes.length > 0 && { requiresAttributes }),
  }
}

function checkLength(definition: Definition): void {
  const length = Buffer.byteLength(JSON.stringify(definition))
  if (length > DEFINITION_BYTES_MAX) {
    throw fault("ClientException", `Actual length: '${length}'. Max allowed length is '${DEFINITION_BYTES_MAX}' bytes.`)
  }
}

/** What policies may ask of a registration. */
function conditionsOf({ requiresCompatibilities, containerDefinitions, cpu, memory }: FilledDefinition): Conditions {
  return {
    "ecs:compute-compatibility": requiresCompatibilities,
    "ecs:privileged": containerDefinitions.some(({ privileged }) => privileged),
    "ecs:task-cpu": cpu,
    "ecs:task-memory": memory,
  }
}

/** The ARN of a revision that a caller names; undefined for a text that names none. */
function namedArn(call: Call, identifier: string): string | undefined {
  const meant = readIdentifier(call, identifier)
  if (typeof meant === "string" || meant.revision === undefined) return undefined
  return meant.isOwn ? definitionArn(call, meant.family, meant.revision) : identifier
}

/** The revision on its way out, or why it stays. What still uses it decides when it is gone (`deletion.ts`). */
function requestDeletion(call: Call, identifier: string): TaskDefinition | string {
  if (namedArn(call, identifier) === undefined) return INVALID
  const found = findDefinition(call.tx, call, identifier)
  if (found === undefined) return MISSING
  if (found.status === "ACTIVE") {
    return "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
  }
  if (found.status === "DELETE_IN_PROGRESS") return found

  const deleted: TaskDefinition = { ...found, status: "DELETE_IN_PROGRESS", deleteRequestedAt: call.now }
  call.tx.put(taskDefinitions, deleted)
  return deleted
}

function oneOf(member: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) throw invalid(`${member} should be one of [${values.join(",")}]`)
}

const MISSING = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
const INVALID = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
const DELETED_MAX = 10
const DEFINITION_BYTES_MAX = 65_536
