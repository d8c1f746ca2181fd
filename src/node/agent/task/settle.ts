import type { ContainerRecord, ContainerStatus, TaskRecord, TaskStatus } from "../records.ts"
import { deadlocked, dependenciesOf, outlook } from "./dependencies.ts"
import { reason } from "./reasons.ts"

/**
 * What follows from the states of a task's containers, without asking anyone: which of them will never start, whether
 * the task goes on, how far it is. The same record comes back when nothing follows. Containers that something is being
 * done with are left to who does it.
 */
export function settle(task: TaskRecord, engaged: ReadonlySet<string>, now: number): TaskRecord {
  for (let before = task; ; ) {
    const after = raise(endEmpty(endTask(giveUp(before, engaged, now), now), engaged, now), now)
    if (after === before) return after
    before = after
  }
}

/** A container whose condition cannot come true any more ends before it began. */
function giveUp(task: TaskRecord, engaged: ReadonlySet<string>, now: number): TaskRecord {
  if (task.desiredStatus === "STOPPED") return task
  const ended = mapContainers(task, (container) => {
    if (!isUnstarted(container) || engaged.has(container.name)) return container
    const definition = task.payload.containers.find(({ name }) => name === container.name)!
    for (const dependency of dependenciesOf(task.payload, definition)) {
      const found = outlook(dependency, task, now)
      // AWS's code for a container that was told to end before it could begin.
      if (found.kind === "in vain") {
        return stopped({ ...container, exitCode: 143, reason: reason("CannotStartContainerError", found.reason) }, now)
      }
    }
    return container
  })
  const circle = deadlocked(ended)
  if (circle.length === 0) return ended
  return endedFor(
    ended,
    now,
    reason("TaskDependencyError", `the dependencies of ${circle.join(", ")} cannot be resolved`),
  )
}

/** When an essential container has ended, or has to, the task ends; without essential ones when all have ended. */
function endTask(task: TaskRecord, now: number): TaskRecord {
  if (task.desiredStatus === "STOPPED") return task
  const isEssential = (name: string) => task.payload.containers.find((container) => container.name === name)!.essential
  const isOver = ({ knownStatus, reason: why }: ContainerRecord) => knownStatus === "STOPPED" || why !== undefined
  const ends =
    task.containers.some((container) => isEssential(container.name) && isOver(container)) ||
    task.containers.every(({ knownStatus }) => knownStatus === "STOPPED")
  return ends ? endedFor(task, now) : task
}

/** What has no process and shall have none is stopped as it stands. */
function endEmpty(task: TaskRecord, engaged: ReadonlySet<string>, now: number): TaskRecord {
  return mapContainers(task, (container) => {
    const { name, knownStatus, finishedAt, reason: why } = container
    const isUnwanted = task.desiredStatus === "STOPPED" || why !== undefined
    const hasProcess = knownStatus === "RUNNING" && finishedAt === undefined
    if (knownStatus === "STOPPED" || !isUnwanted || hasProcess || engaged.has(name)) return container
    return stopped(container, now)
  })
}

/** A task is where the least of its containers is; once it is to end, it only ends. */
function raise(task: TaskRecord, now: number): TaskRecord {
  const known = statusOf(task.containers)
  if (known === "STOPPED") {
    if (task.knownStatus === "STOPPED") return task
    return { ...task, knownStatus: known, stoppedAt: task.stoppedAt ?? now }
  }
  if (task.desiredStatus === "STOPPED" || ORDER.indexOf(known) <= ORDER.indexOf(task.knownStatus)) return task
  return { ...task, knownStatus: known }
}

function statusOf(containers: readonly ContainerRecord[]): TaskStatus {
  const least = Math.min(...containers.map(({ knownStatus }) => ORDER.indexOf(TASK_STATUS[knownStatus])))
  return ORDER[least] ?? "STOPPED"
}

export function endedFor(task: TaskRecord, now: number, why?: string): TaskRecord {
  return {
    ...task,
    desiredStatus: "STOPPED",
    executionStoppedAt: task.executionStoppedAt ?? now,
    ...(task.reason === undefined && why !== undefined && { reason: why }),
  }
}

export function stopped(container: ContainerRecord, now: number): ContainerRecord {
  return { ...container, knownStatus: "STOPPED", finishedAt: container.finishedAt ?? now }
}

export function isUnstarted({ knownStatus }: ContainerRecord): boolean {
  return knownStatus !== "RUNNING" && knownStatus !== "STOPPED"
}

/** The same task when no container changes. */
export function mapContainers(task: TaskRecord, change: (container: ContainerRecord) => ContainerRecord): TaskRecord {
  const containers = task.containers.map(change)
  return containers.every((container, index) => container === task.containers[index]) ? task : { ...task, containers }
}

const ORDER: readonly TaskStatus[] = ["NONE", "MANIFEST_PULLED", "CREATED", "RUNNING", "STOPPED"]

const TASK_STATUS: Readonly<Record<ContainerStatus, TaskStatus>> = {
  NONE: "NONE",
  MANIFEST_PULLED: "MANIFEST_PULLED",
  PULLED: "MANIFEST_PULLED",
  CREATED: "CREATED",
  RUNNING: "RUNNING",
  STOPPED: "STOPPED",
}
