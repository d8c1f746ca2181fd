import type { TaskDefinition as TaskDefinitionShape } from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"

/** Counts a family's revisions; it outlives all of them, so that no number is ever used twice. */
export interface Family {
  readonly name: string
  readonly latestRevision: number
}

export const families = table({ name: "ecs/families", version: 1, key: (family: Family) => family.name })

/** One revision. What it says never changes; only its status does, and only forwards. */
export interface TaskDefinition {
  readonly arn: string
  readonly family: string
  readonly revision: number
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS"

  /** As registered, with AWS's defaults filled in; without what the other fields of this record say. */
  readonly definition: Omit<
    TaskDefinitionShape,
    | "taskDefinitionArn"
    | "family"
    | "revision"
    | "status"
    | "registeredAt"
    | "registeredBy"
    | "deregisteredAt"
    | "deleteRequestedAt"
  >
  readonly registeredAt: number
  readonly registeredBy: string
  readonly deregisteredAt?: number
  readonly deleteRequestedAt?: number
}

/** A space sorts before everything that a family's name may hold, so keys are in the order of family, then number. */
export function taskDefinitionKey(family: string, revision: number): string {
  return `${family} ${String(revision).padStart(10, "0")}`
}

export const taskDefinitions = table({
  name: "ecs/task-definitions",
  version: 1,
  key: ({ family, revision }: TaskDefinition) => taskDefinitionKey(family, revision),
  indexes: {
    status: ({ status }) => status,
    familyStatus: ({ family, status }) => `${family} ${status}`,
  },
})
