import type {
  DeploymentConfiguration,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
} from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"

/**
 * The way from what a service ran to a revision. There are two names for it on AWS: `deployments[]` of a service shows
 * it by `ecs-svc/…`, ServiceDeployment by its ARN; both are this record.
 */
export interface Deployment {
  readonly arn: string

  /** As in `ecs-svc/1234567890123456789`; tasks carry it as `startedBy`. */
  readonly id: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly revisionArn: string

  /** What ran when it began. */
  readonly sourceRevisionArns: readonly string[]

  /** As it was when it began. */
  readonly configuration: DeploymentConfiguration

  /** As `deployments[]` shows it: the newest is PRIMARY, an older one ACTIVE until its last task is gone. */
  readonly role: "PRIMARY" | "ACTIVE" | "DRAINING" | "INACTIVE"
  readonly status: ServiceDeploymentStatus
  readonly statusReason?: string
  readonly rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED"
  readonly rolloutReason: string

  /** Where in its strategy the deployment is, and since when. */
  readonly stage: ServiceDeploymentLifecycleStage
  readonly stageAt: number

  /** For the circuit breaker: how many tasks failed since the last healthy one, and when the last did. */
  readonly failedTasks: number
  readonly failedAt?: number
  readonly breaker: ServiceDeploymentRollbackMonitorsStatus

  /** Consecutive failed starts, when the next may be tried, and why the last one failed. */
  readonly failedStarts: number
  readonly nextStartAt?: number
  readonly failure?: string
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly revisionArn: string }

  /** Why it cannot go on right now; undefined while it can. */
  readonly blockedBy?: Obstacle
  readonly createdAt: number
  readonly startedAt?: number
  readonly updatedAt: number
  readonly finishedAt?: number
  readonly stoppedAt?: number

  /** When what it leads to last became all that the service runs: a rollback goes to the newest of these. */
  readonly completedAt?: number

  /** Set when the record is to be forgotten. */
  readonly until?: number
}

/** What keeps a deployment from going on, in our own words: AWS leaves its users to find out. */
export interface Obstacle {
  readonly kind: "bounds" | "protection" | "placement" | "capacity" | "failures" | "role"
  readonly reason: string
  readonly since: number

  /** When the reason was last worked out. */
  readonly at: number
}

export const deployments = table({
  name: "ecs/deployments",
  version: 1,
  key: (deployment: Deployment) => deployment.arn,
  indexes: {
    service: ({ serviceArn }) => serviceArn,
    serviceRole: ({ serviceArn, role }) => `${serviceArn} ${role}`,
  },
  ordered: { createdAt: ({ createdAt }) => createdAt },
  retention: { until: ({ until }) => until },
})
