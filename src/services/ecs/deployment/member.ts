import type { Task } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { isProtected } from "../task-protection.ts"

/**
 * How a task counts for its service. `unproven` is a task that runs and has no health check: it has not yet run long
 * enough to be relied on, but nobody knows anything bad of it either.
 */
export type Standing = "starting" | "unproven" | "healthy" | "unhealthy" | "stopping"

/** A task of a service as a deployment sees it. */
export interface Member {
  readonly task: Task
  readonly standing: Standing

  /** Whether it runs the revision that the deployment leads to. */
  readonly isTarget: boolean

  /** Whether its instance drains. */
  readonly mustLeave: boolean

  /** Whether scaling in and deployments must leave it alone. */
  readonly isProtected: boolean
}

/** What judging a task takes beside the task. */
export interface Judgement {
  readonly now: number

  /** Essential containers of the task's definition that have a health check. */
  readonly checked: ReadonlySet<string>

  /** For so long after its start a task that is found unhealthy is given time. */
  readonly graceMs: number
}

/**
 * AWS counts a task without a health check as healthy when it has been RUNNING for 40 seconds: a container that
 * cannot do its work has mostly exited by then, so a deployment does not give up old tasks for new ones that crash.
 */
export const PROVEN_MS = 40_000

/** Undefined for a task of which nothing runs any more. */
export function standingOf(task: Task, { now, checked, graceMs }: Judgement): Standing | undefined {
  switch (task.lastStatus) {
    case "STOPPED":
    case "DEPROVISIONING":
      return undefined
    case "STOPPING":
    case "DEACTIVATING":
      return "stopping"
    case "PROVISIONING":
    case "PENDING":
    case "ACTIVATING":
      return task.desiredStatus === "STOPPED" ? "stopping" : "starting"
    case "RUNNING":
  }
  if (task.desiredStatus === "STOPPED") return "stopping"
  const startedAt = task.startedAt ?? task.createdAt
  // One that has started in the future did so before the clock was set back.
  if (checked.size === 0) return now >= startedAt + PROVEN_MS || now < startedAt ? "healthy" : "unproven"

  const health = task.containers.filter(({ name }) => checked.has(name)).map((container) => container.health)
  if (health.includes("UNHEALTHY")) return now < startedAt + graceMs ? "starting" : "unhealthy"
  return health.every((status) => status === "HEALTHY") ? "healthy" : "starting"
}

/** When the task came to be what it is, if it is healthy. */
export function healthySince({ task, standing }: Member): number | undefined {
  if (standing !== "healthy") return undefined
  return task.healthAt ?? (task.startedAt ?? task.createdAt) + PROVEN_MS
}

/** When the standing may change without anything being changed. */
export function nextLook({ task, standing }: Member, { now, graceMs }: Pick<Judgement, "now" | "graceMs">): number[] {
  if (standing !== "unproven" && standing !== "starting") return []
  const { startedAt } = task
  if (startedAt === undefined) return []
  return [startedAt + PROVEN_MS, startedAt + graceMs].filter((time) => time > now)
}

/** Undefined for a task that is no member any more. */
export function memberOf(
  task: Task,
  targetArn: string | undefined,
  drains: (instanceArn: string) => boolean,
  judgement: Judgement,
): Member | undefined {
  const standing = standingOf(task, judgement)
  if (standing === undefined) return undefined
  return {
    task,
    standing,
    isTarget: task.revisionArn === targetArn,
    mustLeave: task.instanceArn !== undefined && drains(task.instanceArn),
    isProtected: isProtected(task, judgement.now),
  }
}

export function checkedContainers({ definition }: Pick<TaskDefinition, "definition">): ReadonlySet<string> {
  const containers = definition.containerDefinitions ?? []
  return new Set(
    containers.flatMap(({ name, essential = true, healthCheck }) =>
      essential && healthCheck !== undefined ? name! : [],
    ),
  )
}
