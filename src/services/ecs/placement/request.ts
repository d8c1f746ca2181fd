import type {
  Attribute,
  LaunchType,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
} from "@aws-sdk/client-ecs"
import type { Demand } from "../tables/task.ts"

/**
 * A task that wants a place; the same for any number of equal tasks. To use one object for all of them spares comparing
 * it with earlier ones.
 */
export interface PlacementRequest {
  readonly clusterArn: string
  readonly launchType: LaunchType

  /** Only instances of this capacity provider will do. */
  readonly capacityProvider?: string | undefined
  readonly demand: Demand

  /** Tasks of one service are spread over instances, and kept apart, among themselves; others with their group. */
  readonly serviceArn?: string | undefined
  readonly group: string

  /** What the task's definition requires; an attribute without a value may have any. */
  readonly requiredAttributes: readonly Attribute[]

  /** Those of the request or the service, and those of the definition: all must hold. */
  readonly constraints: readonly PlacementConstraint[]
  readonly strategy: readonly PlacementStrategy[]

  /** Where the subnets of a task in awsvpc mode lie. */
  readonly zones?: readonly string[] | undefined

  /** What its interface is to be like. */
  readonly network?: NetworkConfiguration | undefined

  /**
   * How many tasks there are in each zone already, where the instances do not know: those of FARGATE's pool see tasks
   * of every account but not which belong together. `Capacity.tasksByZone` of the task's owner.
   */
  readonly tasksByZone?: TasksByZone | undefined
}

/** A question and no answer: a request is asked with again and again while what it asks for comes to be. */
export type TasksByZone = (zone: string) => number
