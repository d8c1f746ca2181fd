import type { TaskHealth } from "../../wire/tcs.ts"
import type { TaskRecord } from "../agent/records.ts"

/** How the containers are that have a health check, in tasks that have not ended. */
export function healthOf(tasks: Iterable<TaskRecord>, now: number): readonly TaskHealth[] {
  const told: TaskHealth[] = []
  for (const task of tasks) {
    if (task.knownStatus === "STOPPED") continue
    const checked = new Set(
      task.payload.containers.flatMap(({ name, healthCheckType }) => (healthCheckType === "docker" ? name : [])),
    )
    const containers = task.containers.flatMap(({ name, health }) =>
      checked.has(name)
        ? {
            containerName: name,
            healthStatus: health?.status ?? ("UNKNOWN" as const),
            statusSince: (health?.since ?? now) / 1000,
            ...(health?.output !== undefined && { statusMessage: health.output }),
          }
        : [],
    )
    if (containers.length > 0) told.push({ ...describedBy(task), containers })
  }
  return told
}

/** What all telemetry of a task begins with. */
export function describedBy({ arn, payload }: TaskRecord) {
  return {
    taskArn: arn,
    ...(payload.taskClusterArn !== undefined && { clusterArn: payload.taskClusterArn }),
    taskDefinitionFamily: payload.family,
    taskDefinitionVersion: payload.version,
  }
}
