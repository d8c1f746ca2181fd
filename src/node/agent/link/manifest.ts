import type { DesiredTask } from "../../../wire/acs.ts"
import type { TaskRecord } from "../records.ts"

/** What this machine still means to run and the region does not list. The region is asked about these before they are stopped. */
export function stopCandidates(tasks: Iterable<TaskRecord>, listed: readonly DesiredTask[]): DesiredTask[] {
  const wanted = new Set(
    listed.filter(({ desiredStatus }) => desiredStatus === "RUNNING").map(({ taskArn }) => taskArn),
  )
  return [...tasks]
    .filter(({ arn, desiredStatus, knownStatus }) => {
      return desiredStatus === "RUNNING" && knownStatus !== "STOPPED" && !wanted.has(arn)
    })
    .map(({ arn, payload }) => ({
      taskArn: arn,
      taskClusterArn: payload.taskClusterArn,
      desiredStatus: "STOPPED" as const,
    }))
}
