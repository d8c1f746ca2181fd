import type { Attribute, InstanceHealthCheckState, InstanceHealthCheckType, Resource } from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"
import { INACTIVE_MS } from "./cluster.ts"

/** A machine that an agent has registered: an EC2 instance, one of ECS Anywhere, or one of the pool that is FARGATE here. */
export interface ContainerInstance {
  readonly arn: string
  readonly clusterArn: string
  readonly status: "ACTIVE" | "DRAINING" | "DEREGISTERING" | "INACTIVE"
  readonly ec2InstanceId: string | undefined
  readonly capacityProvider: string | undefined

  /** As the agent sent them, and has to get back. */
  readonly registeredResources: readonly Resource[]
  readonly attributes: readonly Attribute[]

  /** Set where neither the machine nor its agent has said where it is: `ecs.availability-zone` then is a guess. */
  readonly zoneIsAssumed?: true
  readonly agentVersion?: string
  readonly agentHash?: string
  readonly dockerVersion?: string

  /** Whether an agent is connected right now, as this region sees it. */
  readonly agentConnected: boolean

  /** Only of the pool: when it was given up for lost, as its agent had been away for so long. Until the agent is back. */
  readonly lostAt?: number

  /** What the agent says of its machine, as far as it says anything. */
  readonly health?: readonly InstanceHealthCheck[]

  /** The agent's own token: a registration that is repeated makes no second instance. */
  readonly clientToken: string | undefined

  /** The newest number of a task manifest that may have been sent; it only rises, over restarts too. */
  readonly manifestNumber: number

  /** Rises with each change that an event tells of. */
  readonly version: number
  readonly registeredAt: number
  readonly deregisteredAt?: number
}

export interface InstanceHealthCheck {
  readonly type: InstanceHealthCheckType
  readonly status: InstanceHealthCheckState
  readonly reason?: string
  readonly updatedAt: number

  /** Since when the status is what it is. */
  readonly changedAt: number
}

export const containerInstances = table({
  name: "ecs/container-instances",
  version: 1,
  key: (instance: ContainerInstance) => instance.arn,
  indexes: {
    /** All that are listed: a deregistered one can only still be described. */
    cluster: ({ clusterArn, status }) => (status === "INACTIVE" ? undefined : clusterArn),
    clusterStatus: ({ clusterArn, status }) => `${clusterArn} ${status}`,
    clientToken: ({ clientToken }) => clientToken,
  },
  retention: {
    until: ({ deregisteredAt }) => (deregisteredAt === undefined ? undefined : deregisteredAt + INACTIVE_MS),
  },
})
