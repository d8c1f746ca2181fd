import type {
  AvailabilityZoneRebalancing,
  DeploymentConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  PropagateTags,
  SchedulingStrategy,
} from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"
import { INACTIVE_MS } from "./cluster.ts"

/** A deleted service stays behind as INACTIVE for a while; another of its name may be made meanwhile. */
export interface Service {
  readonly arn: string
  readonly name: string
  readonly clusterArn: string
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE"
  readonly scheduling: SchedulingStrategy
  readonly controller: "ECS" | "EXTERNAL"

  /** How many tasks are wanted; for a DAEMON service, how many instances there are to have one. */
  readonly desiredCount: number
  readonly configuration: DeploymentConfiguration
  readonly zoneRebalancing: AvailabilityZoneRebalancing
  readonly placementConstraints: readonly PlacementConstraint[]
  readonly placementStrategy: readonly PlacementStrategy[]
  readonly healthCheckGraceSeconds: number
  readonly enableExecuteCommand: boolean
  readonly enableManagedTags: boolean
  readonly propagateTags: PropagateTags

  /** The revision that the newest deployment leads to; undefined for a service whose task sets say what runs. */
  readonly revisionArn: string | undefined

  /** The task set that serves, for the EXTERNAL controller. */
  readonly primaryTaskSetArn?: string

  /** Since when the service has all it asks for, and when it was last said; undefined while it has not. */
  readonly steady?: { readonly since: number; readonly toldAt: number }

  /** While zones are brought into balance, the task that is to replace one of a fuller zone. */
  readonly rebalancing?: { readonly since: number; readonly taskArn: string }

  /** When balance may be tried again, after it could not be had. */
  readonly rebalanceAfter?: number
  readonly roleArn?: string
  readonly createdBy: string
  readonly createdAt: number
  readonly deletedAt?: number

  /** What the service was created with, to tell a repeated request from another one. */
  readonly clientToken: string | undefined
  readonly request: string
}

export const services = table({
  name: "ecs/services",
  version: 1,
  key: (service: Service) => service.arn,
  indexes: {
    clusterStatus: ({ clusterArn, status }) => `${clusterArn} ${status}`,

    /** By cluster, those whose tasks follow its instances. */
    instanceDriven: ({ clusterArn, scheduling, status }) =>
      scheduling === "DAEMON" && status === "ACTIVE" ? clusterArn : undefined,
  },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})

/** What has happened to a service, in AWS's sentences; the newest hundred of each service are kept. */
export interface ServiceEvent {
  readonly serviceArn: string

  /** Rises within the service. */
  readonly number: number
  readonly id: string
  readonly createdAt: number
  readonly message: string
}

export const serviceEvents = table({
  name: "ecs/service-events",
  version: 1,
  key: ({ serviceArn, number }: ServiceEvent) => `${serviceArn} ${String(number).padStart(12, "0")}`,
  indexes: { service: ({ serviceArn }) => serviceArn },
})

/**
 * A service that is to be looked at again since something outside its own records has changed: an instance came, left or
 * drains. Who makes the number rise wakes the service.
 */
export interface ServiceReview {
  readonly serviceArn: string
  readonly number: number
}

export const serviceReviews = table({
  name: "ecs/service-reviews",
  version: 1,
  key: ({ serviceArn }: ServiceReview) => serviceArn,
})

/** The version of an instance of which the services of its cluster have been told. */
export interface InstanceSighting {
  readonly instanceArn: string
  readonly version: number
}

export const instanceSightings = table({
  name: "ecs/instance-sightings",
  version: 1,
  key: ({ instanceArn }: InstanceSighting) => instanceArn,
})
