import type { ContainerRecord, TaskRecord } from "../records.ts"
import { OUT_OF_MEMORY } from "./reasons.ts"
import { mapContainers, stopped } from "./settle.ts"

export interface Exit {
  readonly at: number
  readonly exitCode?: number
  readonly outOfMemory: boolean
}

/**
 * The record after a container's process has ended. One that its policy starts again stays RUNNING, with the end of the
 * last run beside it: so a restart that a crash cut off is neither forgotten nor done twice.
 */
export function exited(task: TaskRecord, name: string, exit: Exit): TaskRecord {
  return mapContainers(task, (container) => {
    if (container.name !== name || !hasProcess(container)) return container
    const { exitCode: _, ...known } = container
    const ended: ContainerRecord = {
      ...known,
      finishedAt: exit.at,
      ...(exit.exitCode !== undefined && { exitCode: exit.exitCode }),
    }
    if (isRestarted(task, ended)) return ended
    return stopped({ ...ended, ...(exit.outOfMemory && { reason: container.reason ?? OUT_OF_MEMORY }) }, exit.at)
  })
}

/** A container that never started has none, and one that waits for its restart has none any more. */
export function hasProcess({ knownStatus, finishedAt }: ContainerRecord): boolean {
  return knownStatus === "RUNNING" && finishedAt === undefined
}

function isRestarted(task: TaskRecord, container: ContainerRecord): boolean {
  const { startedAt = 0, finishedAt = 0, exitCode, reason } = container
  const policy = task.payload.containers.find(({ name }) => name === container.name)!.restartPolicy
  if (policy?.enabled !== true || task.desiredStatus === "STOPPED" || reason !== undefined) return false
  if (exitCode === undefined || policy.ignoredExitCodes?.includes(exitCode)) return false
  return finishedAt - startedAt >= (policy.restartAttemptPeriod ?? ATTEMPT_PERIOD) * 1000
}

/** The container runs; `again` when a policy started it. */
export function started(task: TaskRecord, name: string, at: number, again: boolean): TaskRecord {
  return mapContainers(task, (container) => {
    if (container.name !== name || container.knownStatus === "STOPPED") return container
    const { finishedAt: _, exitCode: __, health: ___, ...known } = container
    const restartCount = container.restartCount + (again ? 1 : 0)
    const isChecked = task.payload.containers.some((other) => other.name === name && other.healthCheckType === "docker")
    const health = isChecked && { health: { status: "UNKNOWN" as const, since: at } }
    const createdAt = container.createdAt ?? at
    return { ...known, knownStatus: "RUNNING", createdAt, startedAt: at, restartCount, ...health }
  })
}

/** In seconds, where a policy does not say. */
const ATTEMPT_PERIOD = 300
