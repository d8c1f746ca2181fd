import { type Task, type TaskStatus, tasks } from "../../src/services/ecs/tables/task.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

// The order is written down here once more: an invariant that asked the code under test would believe it.
const ORDER: readonly TaskStatus[] = [
  "PROVISIONING",
  "PENDING",
  "ACTIVATING",
  "RUNNING",
  "DEACTIVATING",
  "STOPPING",
  "DEPROVISIONING",
  "STOPPED",
]

export const taskMoves: Invariant = {
  name: "a task's statuses only move forward",
  changed({ table, before, after }, { breach, now }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (is === undefined) {
      const forgettable = was!.lastStatus === "STOPPED" && now() >= was!.stoppedAt! + 60 * 60 * 1000
      if (!forgettable) breach(`${shortArn(was!.arn)} is forgotten as ${was!.lastStatus}`)
      return
    }
    const name = shortArn(is.arn)
    if (was === undefined) {
      if (is.version !== 1) breach(`${name} begins with version ${is.version}`)
      return
    }
    if (ORDER.indexOf(is.lastStatus) < ORDER.indexOf(was.lastStatus)) {
      breach(`${name} goes from ${was.lastStatus} back to ${is.lastStatus}`)
    }
    if (was.desiredStatus === "STOPPED" && is.desiredStatus !== "STOPPED") breach(`${name} is wanted again`)
    if (was.instanceArn !== undefined && is.instanceArn !== was.instanceArn) breach(`${name} changes its instance`)
    if (is.version < was.version) breach(`${name} has version ${is.version} after ${was.version}`)
    if (was.stopCode !== undefined && is.stopCode !== was.stopCode) breach(`${name} changes its stop code`)
    const isMoving = was.lastStatus !== is.lastStatus || was.desiredStatus !== is.desiredStatus
    if (isMoving && is.version === was.version) breach(`${name} moves and keeps its version ${is.version}`)
    if (is.lastStatus === "STOPPED" && (is.desiredStatus !== "STOPPED" || is.stoppedAt === undefined)) {
      breach(`${name} is STOPPED, and nobody wanted it to be or knows when`)
    }
    for (const [at, container] of is.containers.entries()) {
      const earlier = was.containers[at]
      if (earlier === undefined) continue
      const rank = (status: string) => ["PENDING", "RUNNING", "STOPPED"].indexOf(status)
      if (rank(container.lastStatus) < rank(earlier.lastStatus))
        breach(`container ${container.name} of ${name} moves back`)
      if (earlier.exitCode !== undefined && earlier.exitCode !== container.exitCode) {
        breach(`container ${container.name} of ${name} changes its exit code`)
      }
    }
  },
}
