import type { ContainerState } from "../../engine/engine.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { exited, hasProcess, started } from "./exit.ts"
import { containerOf } from "./part-of-task.ts"
import { MACHINE_RESTARTED, VANISHED } from "./reasons.ts"
import { endedFor, isUnstarted, mapContainers, stopped } from "./settle.ts"

/**
 * The record as it would be if nothing had been missed: what the engine has says what happened while nobody looked.
 * Only containers that `isComparable` are touched.
 */
export function compareTask(
  task: TaskRecord,
  stateOf: (id: string) => ContainerState | undefined,
  isComparable: (container: ContainerRecord) => boolean,
  now: number,
): TaskRecord {
  let compared = task
  for (const container of task.containers) {
    if (container.knownStatus === "STOPPED" || !isComparable(container)) continue
    compared = compareContainer(compared, container, stateOf(container.id), now)
  }
  return compared
}

function compareContainer(
  task: TaskRecord,
  container: ContainerRecord,
  state: ContainerState | undefined,
  now: number,
) {
  const { name, knownStatus, finishedAt } = container
  const isEnded = state?.status === "stopped" && state.startedAt !== undefined
  if (knownStatus !== "RUNNING") {
    // One that was made, or half made, is made again without harm, and its network with it.
    if (state?.status !== "running" && !isEnded) return remade(task, name)
    const run = started(created(task, name, now), name, state.startedAt ?? now, false)
    return isEnded ? exited(run, name, exitOf(state, now)) : run
  }
  if (state === undefined) return vanished(task, name, now)
  if (state.status === "running")
    return finishedAt === undefined ? task : started(task, name, state.startedAt ?? now, true)
  if (hasProcess(container)) return exited(task, name, exitOf(state, now))

  // It was to be started again: if it was, it has ended again as well.
  const isAnotherEnd = isEnded && state.stoppedAt !== undefined && state.stoppedAt > finishedAt!
  return isAnotherEnd ? exited(started(task, name, state.startedAt!, true), name, exitOf(state, now)) : task
}

/** The machine has been started anew: what ran on it is over, and no policy starts it again. */
export function afterReboot(
  task: TaskRecord,
  stateOf: (id: string) => ContainerState | undefined,
  now: number,
): TaskRecord {
  // One that was asked to start may have done so after the process that asked was gone.
  const seen = task.containers.reduce((before, { id, name }) => {
    const { startedAt } = stateOf(id) ?? {}
    const isNews = startedAt !== undefined && isUnstarted(containerOf(before, name))
    return isNews ? started(before, name, startedAt, false) : before
  }, task)
  const hasRun = seen.containers.some(({ startedAt }) => startedAt !== undefined)
  if (!hasRun || seen.knownStatus === "STOPPED") return mapContainers(seen, unmade)
  return mapContainers(endedFor(seen, now), (container) => {
    if (container.knownStatus !== "RUNNING") return container
    const { stoppedAt = now, exitCode = container.exitCode } = stateOf(container.id) ?? {}
    const ended = { ...container, ...(exitCode !== undefined && { exitCode }) }
    return stopped({ ...ended, reason: container.reason ?? MACHINE_RESTARTED }, stoppedAt)
  })
}

export function vanished(task: TaskRecord, name: string, now: number): TaskRecord {
  return mapContainers(task, (container) =>
    container.name === name && container.knownStatus !== "STOPPED"
      ? stopped({ ...container, reason: container.reason ?? VANISHED }, now)
      : container,
  )
}

function exitOf({ stoppedAt, exitCode, outOfMemory }: ContainerState, now: number) {
  return { at: stoppedAt ?? now, outOfMemory, ...(exitCode !== undefined && { exitCode }) }
}

function created(task: TaskRecord, name: string, now: number): TaskRecord {
  return mapContainers(task, (container) =>
    container.name === name && container.createdAt === undefined ? { ...container, createdAt: now } : container,
  )
}

function remade(task: TaskRecord, name: string): TaskRecord {
  return mapContainers(task, (container) => (container.name === name ? unmade(container) : container))
}

function unmade(container: ContainerRecord): ContainerRecord {
  return container.knownStatus === "CREATED" ? { ...container, knownStatus: "PULLED" } : container
}
