import { type Controller, controller, on, type Turn } from "../../../store/controller.ts"
import { withdrawMachine } from "../../fabric/index.ts"
import type { Writer } from "../event/write.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"
import { mayRun, mayStop } from "./gate.ts"
import { moved } from "./moves.ts"
import { attachedBy, isAttached, withoutInterface } from "./network.ts"
import { endTask } from "./stop.ts"
import { explainWaiting } from "./waiting.ts"
import { putTask } from "./write.ts"

/** Takes each task through what needs no agent. */
export const taskMoves: Controller = controller({
  name: "ecs/task moves",
  wakes: [on(tasks, (task) => (isOurMove(task) ? task.arn : undefined))],

  reconcile(turn, arn) {
    const task = turn.tx.get(tasks, arn)
    if (task === undefined || !isOurMove(task)) return
    if (task.instanceArn !== undefined) {
      const next = nextOf(turn, task)
      if (next !== task) putTask(turn, task, next)
      else if (task.lastStatus === "PROVISIONING") waitForInterface(turn, task)
      return
    }
    const deadline = task.createdAt + WAIT_MS[task.launchType === "FARGATE" ? "FARGATE" : "EC2"]
    if (turn.now < deadline) turn.wakeAt(deadline)
    else endTask(turn, task, { code: "TaskFailedToStart", reason: explainWaiting(turn.tx, task) })
  },
})

/** Whether the control plane has the next move: an agent has it while a task is PENDING, STOPPING or simply running. */
function isOurMove({ lastStatus, desiredStatus }: Task): boolean {
  switch (lastStatus) {
    case "PROVISIONING":
    case "ACTIVATING":
    case "DEACTIVATING":
    case "DEPROVISIONING":
      return true
    case "RUNNING":
      return desiredStatus === "STOPPED"
    case "PENDING":
    case "STOPPING":
    case "STOPPED":
      return false
  }
}

/** The task one step further, or the same where something still holds it. */
function nextOf(writer: Writer, task: Task): Task {
  const { tx, now } = writer
  switch (task.lastStatus) {
    case "PROVISIONING":
      return isAttached(task) ? moved(task, "PENDING", now) : task
    case "ACTIVATING":
      if (task.desiredStatus === "STOPPED") return moved(task, mayStop(tx, task) ? "STOPPING" : "DEACTIVATING", now)
      return mayRun(tx, task) ? moved(task, "RUNNING", now) : task
    case "RUNNING":
      return moved(task, mayStop(tx, task) ? "STOPPING" : "DEACTIVATING", now)
    case "DEACTIVATING":
      return mayStop(tx, task) ? moved(task, "STOPPING", now) : task
    case "DEPROVISIONING":
      return moved(withoutInterface(writer, task), "STOPPED", now)
    default:
      return task
  }
}

/** An agent that does not find the interface in time has forgotten it by then. */
function waitForInterface(turn: Turn, task: Task): void {
  const until = attachedBy(task) ?? turn.now
  if (turn.now < until) turn.wakeAt(until)
  else endTask(turn, task, { code: "TaskFailedToStart", reason: NOT_ATTACHED })
}

const NOT_ATTACHED = "Timeout waiting for network interface provisioning to complete."

/** How long a task waits for an instance. AWS gives an Auto Scaling group half an hour; of its own machines it has an answer soon. */
const WAIT_MS = { EC2: 30 * 60_000, FARGATE: 5 * 60_000 }

/**
 * Ends tasks whose instance has been taken out, or was given up for lost: nobody will report them any more. What ran there
 * may well go on running, without anyone knowing of it; a service starts others in its place. Should the instance come
 * back, it is told to stop what it should not run.
 */
export const lostTasks: Controller = controller({
  name: "ecs/lost tasks",
  wakes: [
    on(containerInstances, ({ arn, status, lostAt }) =>
      status === "INACTIVE" || lostAt !== undefined ? arn : undefined,
    ),
  ],

  reconcile(turn, instanceArn) {
    const { tx } = turn
    const instance = tx.get(containerInstances, instanceArn)
    const isOut = instance === undefined || instance.status === "INACTIVE"
    if (!isOut && instance.lostAt === undefined) return

    const cause = isOut ? TAKEN_OUT : HOST_LOST
    const own = tx.list(tasks, { where: ["instance", instanceArn], limit: LOST_PER_TURN })
    for (const task of own) endTask(turn, task, cause)

    const pooled = tx.list(poolTasks, { where: ["instance", instanceArn], limit: LOST_PER_TURN })
    for (const { taskArn, scope } of pooled) {
      const owner = tx.anywhere.in(scope)
      endTask({ ...turn, tx: owner }, owner.mustGet(tasks, taskArn), cause)
    }
    if (own.length === LOST_PER_TURN || pooled.length === LOST_PER_TURN) turn.again()
    else if (isOut) withdrawMachine(tx, instanceArn)
  },
})

const TAKEN_OUT = { code: undefined, reason: "Container instance deregistration forced by user." } as const

/** What AWS says of a task on Fargate whose machine is no more. */
const HOST_LOST = {
  code: "TerminationNotice",
  reason: "ECS is performing maintenance on the underlying infrastructure hosting the task.",
} as const
const LOST_PER_TURN = 100
