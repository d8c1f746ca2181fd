import { table } from "../../../store/table.ts"

/** A set of tasks of a service whose deployments someone else controls. It is gone with its last task once it is deleted. */
export interface TaskSet {
  readonly arn: string

  /** As in `ecs-svc/1234567890123456789`; tasks carry it as `startedBy`. */
  readonly id: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly externalId: string | undefined
  readonly startedBy: string | undefined
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING"
  readonly revisionArn: string
  readonly scalePercent: number
  readonly stability: "STABILIZING" | "STEADY_STATE"
  readonly stabilityAt: number

  /** As of a deployment: how many starts in a row have failed, when the next may be tried, and why the last one failed. */
  readonly failedStarts: number
  readonly nextStartAt?: number
  readonly failure?: string
  readonly createdAt: number
  readonly updatedAt: number

  /** What it was created with, to tell a repeated request from another one. */
  readonly clientToken: string | undefined
  readonly request: string
}

export const taskSets = table({
  name: "ecs/task-sets",
  version: 1,
  key: (set: TaskSet) => set.arn,
  indexes: { service: ({ serviceArn }) => serviceArn },
})
