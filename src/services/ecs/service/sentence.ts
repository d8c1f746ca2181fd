import type { Task } from "../tables/task.ts"

/** As AWS lists tasks: `(task 1f…) (task 2a…)`. */
export function taskList(tasks: readonly Pick<Task, "arn">[]): string {
  return tasks.map(({ arn }) => `(task ${arn.slice(arn.lastIndexOf("/") + 1)})`).join(" ")
}

export const UNABLE_TO_START =
  "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."

export const DEADLOCK =
  "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again."

export function scalingReason(by: string): string {
  return `Scaling activity initiated by (${by})`
}

export function rebalancingReason(deploymentId: string): string {
  return `Availability-zone rebalancing initiated by (deployment ${deploymentId})`
}

export const UNHEALTHY_REASON = "Task failed container health checks"

export function inProgress(deploymentId: string): string {
  return `ECS deployment ${deploymentId} in progress.`
}

export function completed(deploymentId: string): string {
  return `ECS deployment ${deploymentId} completed.`
}
