import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../aws/operations.ts"
import { activeCluster } from "./cluster.ts"
import { invalid } from "./fault.ts"
import { putTask } from "./lifecycle/write.ts"
import { clusterArn } from "./names.ts"
import { permit } from "./permit.ts"
import type { Cluster } from "./tables/cluster.ts"
import { deployments } from "./tables/deployment.ts"
import { services } from "./tables/service.ts"
import type { Task } from "./tables/task.ts"
import { findTask, taskArn } from "./task/find.ts"

export const taskProtectionOperations = {
  GetTaskProtection(call, input) {
    const { cluster, arns } = asked(call, input, SHOWN_MAX)
    const protectedTasks: sdk.ProtectedTask[] = []
    const failures: sdk.Failure[] = []
    for (const arn of arns) {
      const task = taskOf(call, cluster, arn)
      if ("reason" in task) failures.push(task)
      else protectedTasks.push(describe(task, call.now))
    }
    return { protectedTasks, failures }
  },

  UpdateTaskProtection(call, input) {
    const { cluster, arns } = asked(call, input, UPDATED_MAX)
    const { protectionEnabled, expiresInMinutes = MINUTES_BY_DEFAULT } = input
    if (!Number.isInteger(expiresInMinutes) || expiresInMinutes < 1 || expiresInMinutes > MINUTES_MAX) {
      throw invalid(`expiresInMinutes must be between 1 and ${MINUTES_MAX}`)
    }

    const protectedTasks: sdk.ProtectedTask[] = []
    const failures: sdk.Failure[] = []
    for (const arn of arns) {
      const task = taskOf(call, cluster, arn)
      if ("reason" in task) failures.push(task)
      else if (protectionEnabled && isInTheWay(call, task)) {
        failures.push({
          arn,
          reason: "DEPLOYMENT_BLOCKED",
          detail: "The deployment of the task's service waits for protected tasks already.",
        })
      } else {
        const { protectedUntil: _, ...unprotected } = task
        const protectedUntil = call.now + expiresInMinutes * 60_000
        const updated = putTask(call, task, protectionEnabled ? { ...unprotected, protectedUntil } : unprotected)
        protectedTasks.push(describe(updated, call.now))
      }
    }
    return { protectedTasks, failures }
  },
} satisfies Operations<typeof sdk>

/** Whether scaling in and deployments must leave the task alone. It ends by itself when its time is over. */
export function isProtected({ protectedUntil = 0 }: Pick<Task, "protectedUntil">, now: number): boolean {
  return protectedUntil > now
}

function asked(
  call: Call,
  { cluster: identifier, tasks: identifiers = [] }: sdk.GetTaskProtectionRequest,
  countMax: number,
): { cluster: Cluster; arns: readonly string[] } {
  const inCluster = clusterArn(call, identifier!)
  const arns = [...new Set(identifiers.map((task) => taskArn(call, inCluster, task)))]
  permit(call, arns, () => ({ "ecs:cluster": inCluster }))
  const cluster = activeCluster(call, inCluster)
  if (arns.length === 0) throw invalid("Tasks cannot be empty.")
  if (arns.length > countMax) throw invalid(`Tasks cannot have more than ${countMax} elements`)
  return { cluster, arns }
}

/** Only a running task of a service can be protected: nothing else is ever stopped by a scheduler. */
function taskOf(call: Call, cluster: Cluster, arn: string): Task | (sdk.Failure & { reason: string }) {
  const task = findTask(call, cluster, arn)
  if (task === undefined) return { arn, reason: "MISSING" }
  const service = task.serviceArn === undefined ? undefined : call.tx.get(services, task.serviceArn)
  if (service?.scheduling === "REPLICA" && task.lastStatus === "RUNNING" && task.desiredStatus === "RUNNING")
    return task
  return { arn, reason: "TASK_NOT_VALID" }
}

/** A deployment that cannot go on must not be held up further by one more task that it is there to replace. */
function isInTheWay({ tx }: Call, { serviceArn, revisionArn }: Task): boolean {
  return tx
    .where(deployments, "serviceRole", `${serviceArn} PRIMARY`)
    .some((deployment) => deployment.blockedBy?.kind === "protection" && deployment.revisionArn !== revisionArn)
}

function describe(task: Task, now: number): sdk.ProtectedTask {
  if (!isProtected(task, now)) return { taskArn: task.arn, protectionEnabled: false }
  return { taskArn: task.arn, protectionEnabled: true, expirationDate: new Date(task.protectedUntil!) }
}

const SHOWN_MAX = 100
const UPDATED_MAX = 10
const MINUTES_BY_DEFAULT = 120
const MINUTES_MAX = 2880
