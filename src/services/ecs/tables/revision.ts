import type {
  CapacityProviderStrategyItem,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  ServiceRegistry,
  ServiceVolumeConfiguration,
} from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"

/** What a service runs: what a caller says of it never changes. Every deployment leads from older revisions to one. */
export interface ServiceRevision {
  readonly arn: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly definitionArn: string
  readonly launchType: LaunchType | undefined
  readonly strategy: readonly CapacityProviderStrategyItem[]

  /** As it was asked for, LATEST too; only for FARGATE. */
  readonly platformVersion: string | undefined
  readonly network: NetworkConfiguration | undefined
  readonly loadBalancers: readonly LoadBalancer[]
  readonly registries: readonly ServiceRegistry[]
  readonly volumes: readonly ServiceVolumeConfiguration[]

  /** The digest that each image name was found to be, once the first task has pulled it. */
  readonly imageDigests?: Readonly<Record<string, string>>
  readonly createdAt: number

  /** Set when the revision is to be forgotten, as no deployment can come back to it. */
  readonly until?: number
}

export const serviceRevisions = table({
  name: "ecs/service-revisions",
  version: 1,
  key: (revision: ServiceRevision) => revision.arn,
  indexes: { service: ({ serviceArn }) => serviceArn, definition: ({ definitionArn }) => definitionArn },
  retention: { until: ({ until }) => until },
})
