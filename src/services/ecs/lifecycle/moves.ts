import { assert } from "../../../base/assert.ts"
import type { Task, TaskStatus } from "../tables/task.ts"

interface Moves {
  /** Who takes a task out of this status, when nothing goes wrong. */
  readonly owner: "agent" | "control plane"
  readonly next: readonly TaskStatus[]
}

/**
 * The ways a task can go: downwards only. An agent may skip what it did not live to see, so every status leads to the
 * stopping ones as well.
 */
export const MOVES: Readonly<Record<TaskStatus, Moves>> = {
  /** Waits for an instance or for its interface. */
  PROVISIONING: { owner: "control plane", next: ["PENDING", "DEPROVISIONING", "STOPPED"] },

  /** The agent has it, or is about to. */
  PENDING: { owner: "agent", next: ["ACTIVATING", "RUNNING", "STOPPING", "DEPROVISIONING", "STOPPED"] },

  /** Its containers run; what sends it traffic has yet to learn of it. */
  ACTIVATING: { owner: "control plane", next: ["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"] },
  RUNNING: { owner: "agent", next: ["DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"] },

  /** What sends it traffic is letting go; its containers still run. */
  DEACTIVATING: { owner: "control plane", next: ["STOPPING", "DEPROVISIONING", "STOPPED"] },

  /** The agent stops its containers. */
  STOPPING: { owner: "agent", next: ["DEPROVISIONING", "STOPPED"] },

  /** Nothing runs any more; its interface is taken away. */
  DEPROVISIONING: { owner: "control plane", next: ["STOPPED"] },
  STOPPED: { owner: "control plane", next: [] },
}

const ORDER = Object.keys(MOVES) as TaskStatus[]

/** Whether `status` comes before `other` in the life of a task. */
export function isBefore(status: TaskStatus, other: TaskStatus): boolean {
  return ORDER.indexOf(status) < ORDER.indexOf(other)
}

/** A copy of the task in its next status, with the times that this status stands for. */
export function moved(task: Task, status: TaskStatus, now: number): Task {
  if (task.lastStatus === status) return task
  const isLeaving = isBefore("RUNNING", status) && task.stoppingAt === undefined
  return {
    ...task,
    lastStatus: status,
    ...(status === "RUNNING" && { startedAt: now }),
    ...(isLeaving && { stoppingAt: now }),
    ...(status === "STOPPED" && { stoppedAt: now }),
  }
}

/** A move that is not in the table is a mistake of ours, whoever asked for it: reports are checked before they get here. */
export function checkMove(before: Task | undefined, after: Task): void {
  if (before === undefined) {
    assert(
      after.lastStatus === "PROVISIONING" || after.lastStatus === "PENDING",
      `a task begins as ${after.lastStatus}`,
    )
  } else {
    const { lastStatus: from } = before
    const { lastStatus: to } = after
    assert(from === to || MOVES[from].next.includes(to), `${after.arn} cannot go from ${from} to ${to}`)
    assert(before.desiredStatus === "RUNNING" || after.desiredStatus === "STOPPED", `${after.arn} is wanted again`)
    assert(
      before.instanceArn === undefined || before.instanceArn === after.instanceArn,
      `${after.arn} leaves its instance`,
    )
  }
  assert(
    isBefore("RUNNING", after.lastStatus) === false || after.desiredStatus === "STOPPED",
    `${after.arn} stops unwanted`,
  )
  assert((after.lastStatus === "STOPPED") === (after.stoppedAt !== undefined), `${after.arn} has no time of its stop`)
  assert(
    after.lastStatus === "PROVISIONING" || after.lastStatus === "STOPPED" || after.instanceArn,
    `${after.arn} is nowhere`,
  )
}

/**
 * What the agent of the task's instance should make of it; undefined while it has nothing to do with it. Until what sends
 * the task traffic has let go, the agent is to keep it running.
 */
export function wantedOfAgent(task: Task): "RUNNING" | "STOPPED" | undefined {
  if (task.instanceArn === undefined) return undefined
  switch (task.lastStatus) {
    case "PENDING":
    case "ACTIVATING":
      return task.desiredStatus
    case "RUNNING":
    case "DEACTIVATING":
      return "RUNNING"
    case "STOPPING":
      return "STOPPED"
    case "PROVISIONING":
    case "DEPROVISIONING":
    case "STOPPED":
      return undefined
  }
}
