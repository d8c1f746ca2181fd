import type { Container, TaskPayload } from "../../../wire/task.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"

export type Condition = "CREATE" | "START" | "COMPLETE" | "SUCCESS" | "HEALTHY"

export interface Dependency {
  readonly on: string
  readonly condition: Condition
}

/** All that a container waits for before it is brought, whatever says so. */
export function dependenciesOf(payload: TaskPayload, container: Container): readonly Dependency[] {
  const routers = isRouted(container)
    ? payload.containers.filter(({ firelensConfiguration }) => firelensConfiguration !== undefined)
    : []
  return [
    ...(container.dependsOn ?? []).map(({ containerName, condition }) => ({ on: containerName, condition })),
    ...(container.links ?? []).map((link): Dependency => ({ on: link.split(":", 1)[0]!, condition: "START" })),
    ...(container.volumesFrom ?? []).map((from): Dependency => ({ on: from.sourceContainer, condition: "CREATE" })),
    ...routers.map((router): Dependency => ({ on: router.name, condition: "START" })),
  ]
}

/** Whether what it says goes to a log router of its own task. */
function isRouted({ dockerConfig }: Container): boolean {
  return dockerConfig?.hostConfig?.includes('"awsfirelens"') === true
}

export type Outlook =
  | { readonly kind: "satisfied" }

  /** With a time, when it will have been in vain. */
  | { readonly kind: "waiting"; readonly until?: number }
  | { readonly kind: "in vain"; readonly reason: string }

/** How a condition stands now. The time for it belongs to the container that is waited for, and counts from its start. */
export function outlook({ on, condition }: Dependency, task: TaskRecord, now: number): Outlook {
  const container = task.containers.find(({ name }) => name === on)
  const definition = task.payload.containers.find(({ name }) => name === on)
  if (container === undefined || definition === undefined) return inVain(`container '${on}' is not part of the task`)
  if (isMet(condition, container)) return { kind: "satisfied" }
  if (container.knownStatus === "STOPPED") {
    return inVain(`dependency container '${on}' ${endOf(container)}, so it cannot reach ${condition}`)
  }
  if (condition === "HEALTHY" && definition.healthCheckType === undefined) {
    return inVain(`dependency container '${on}' has no health check, so it cannot become HEALTHY`)
  }

  const { startTimeout = 0 } = definition
  if (startTimeout <= 0 || container.startedAt === undefined) return { kind: "waiting" }
  const until = container.startedAt + startTimeout * 1000
  if (now < until) return { kind: "waiting", until }
  return inVain(`dependency container '${on}' did not reach ${condition} within its startTimeout of ${startTimeout} s`)
}

function isMet(condition: Condition, container: ContainerRecord): boolean {
  const { knownStatus, createdAt, startedAt, exitCode, health } = container
  switch (condition) {
    case "CREATE":
      return createdAt !== undefined
    case "START":
      return startedAt !== undefined
    case "COMPLETE":
      return knownStatus === "STOPPED" && startedAt !== undefined && exitCode !== undefined
    case "SUCCESS":
      return knownStatus === "STOPPED" && startedAt !== undefined && exitCode === 0
    case "HEALTHY":
      return knownStatus === "RUNNING" && health?.status === "HEALTHY"
  }
}

function endOf({ startedAt, exitCode }: ContainerRecord): string {
  if (startedAt === undefined) return "could not be started"
  return exitCode === undefined ? "ended in an unknown way" : `exited with ${exitCode}`
}

function inVain(reason: string): Outlook {
  return { kind: "in vain", reason }
}

/** Containers that wait in a circle: none of what they wait for runs, or will. */
export function deadlocked(task: TaskRecord): readonly string[] {
  const waiting = new Map(
    task.payload.containers
      .filter(({ name }) => isUnstarted(task, name))
      .map((container) => [container.name, dependenciesOf(task.payload, container)]),
  )
  // What waits for nothing unstarted can go, and then what waited for that.
  for (let size = -1; size !== waiting.size; ) {
    size = waiting.size
    for (const [name, dependencies] of waiting) {
      if (dependencies.every(({ on }) => !waiting.has(on))) waiting.delete(name)
    }
  }
  return [...waiting.keys()]
}

function isUnstarted(task: TaskRecord, name: string): boolean {
  const container = task.containers.find((candidate) => candidate.name === name)
  return container !== undefined && container.knownStatus !== "RUNNING" && container.knownStatus !== "STOPPED"
}

/** Who has to be stopped before a container may be. */
export function dependantsOf(payload: TaskPayload, name: string): readonly string[] {
  return payload.containers
    .filter((container) => dependenciesOf(payload, container).some(({ on }) => on === name))
    .map((container) => container.name)
}
