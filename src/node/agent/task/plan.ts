import type { ContainerRecord, TaskRecord } from "../records.ts"
import { dependantsOf, dependenciesOf, outlook } from "./dependencies.ts"

export type Action =
  | { readonly kind: "pull" | "create" | "start" | "restart" | "stop"; readonly container: string }

  /** Look after its health from now on. */
  | { readonly kind: "check"; readonly container: string }

  /** Give back what the task holds of the machine. */
  | { readonly kind: "release" }

export interface Plan {
  readonly actions: readonly Action[]

  /** When time alone may change the plan. */
  readonly wakeAt?: number
}

/** What the records do not say: it ends with the process. */
export interface Circumstances {
  /** Whether the machine has room for the task. */
  readonly isAdmitted: boolean

  /** Containers that something is being done with. */
  readonly engaged: ReadonlySet<string>

  /** Containers whose health is being looked after. */
  readonly checked: ReadonlySet<string>
  readonly isReleased: boolean
}

/**
 * What can be done for a task now, all of it at the same time. It looks at where things are and not at what happened, so
 * it may be asked at any moment, and again after a restart. The record is one that `settle` gave.
 */
export function planTask(task: TaskRecord, circumstances: Circumstances, now: number): Plan {
  if (task.knownStatus === "STOPPED") return { actions: circumstances.isReleased ? [] : [{ kind: "release" }] }
  return task.desiredStatus === "STOPPED" ? planEnd(task, circumstances) : planRun(task, circumstances, now)
}

function planRun(task: TaskRecord, { isAdmitted, engaged, checked }: Circumstances, now: number): Plan {
  const actions: Action[] = []
  let wakeAt = NEVER
  for (const container of task.containers) {
    const { name, knownStatus, finishedAt, reason } = container
    if (knownStatus === "RUNNING") {
      const hasProcess = finishedAt === undefined
      if (hasProcess && reason === undefined && !checked.has(name) && isChecked(task, name)) {
        actions.push({ kind: "check", container: name })
      }
      if (engaged.has(name)) continue
      if (!hasProcess) actions.push({ kind: "restart", container: name })
      else if (reason !== undefined) actions.push({ kind: "stop", container: name })
    } else if (knownStatus !== "STOPPED" && isAdmitted && !engaged.has(name)) {
      const until = waitsUntil(task, container, now)
      if (until === undefined) actions.push({ kind: nextStep(container), container: name })
      else wakeAt = Math.min(wakeAt, until)
    }
  }
  return wakeAt === NEVER ? { actions } : { actions, wakeAt }
}

/** In the reverse of the order in which they were started. */
function planEnd(task: TaskRecord, { engaged }: Circumstances): Plan {
  const isAlive = (name: string) =>
    task.containers.some((container) => container.name === name && container.knownStatus !== "STOPPED")
  const running = task.containers.filter(({ knownStatus }) => knownStatus === "RUNNING").map(({ name }) => name)
  const last = running.filter(
    (name) => !dependantsOf(task.payload, name).some((other) => other !== name && isAlive(other)),
  )
  // Containers that depend on each other in a circle cannot have been started, yet none may be kept for ever.
  const next = last.length === 0 && engaged.size === 0 ? running : last
  return { actions: next.filter((name) => !engaged.has(name)).map((container) => ({ kind: "stop", container })) }
}

/** Undefined when it waits for nothing; infinite when only another container can end the wait. */
function waitsUntil(task: TaskRecord, container: ContainerRecord, now: number): number | undefined {
  const definition = task.payload.containers.find(({ name }) => name === container.name)!
  let until: number | undefined
  for (const dependency of dependenciesOf(task.payload, definition)) {
    const found = outlook(dependency, task, now)
    if (found.kind === "waiting") until = Math.min(until ?? found.until ?? NEVER, found.until ?? NEVER)
  }
  return until
}

function nextStep({ knownStatus }: ContainerRecord): "pull" | "create" | "start" {
  if (knownStatus === "CREATED") return "start"
  return knownStatus === "PULLED" ? "create" : "pull"
}

function isChecked(task: TaskRecord, name: string): boolean {
  return task.payload.containers.some((container) => container.name === name && container.healthCheckType === "docker")
}

const NEVER = Number.POSITIVE_INFINITY
