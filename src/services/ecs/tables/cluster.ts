import type { CapacityProviderStrategyItem, ClusterConfiguration, ClusterSetting } from "@aws-sdk/client-ecs"
import type { Tag } from "../../../aws/tags.ts"
import { table } from "../../../store/table.ts"

/** A deleted cluster stays behind as INACTIVE for a day, as it does on AWS for a while. */
export interface Cluster {
  readonly arn: string
  readonly name: string
  readonly status: "ACTIVE" | "INACTIVE"
  readonly settings: readonly ClusterSetting[]
  readonly configuration: ClusterConfiguration | undefined
  readonly capacityProviders: readonly string[]
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[]

  /** What the cluster was created with: a repeated CreateCluster is compared with this and answered with it. */
  readonly created: ClusterArguments
  readonly createdAt: number
  readonly deletedAt?: number
}

/** The arguments of CreateCluster, with AWS's defaults of that moment where the caller left them out. */
export interface ClusterArguments {
  readonly settings: readonly ClusterSetting[]
  readonly configuration: ClusterConfiguration | undefined
  readonly capacityProviders: readonly string[]
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[]
  readonly tags: readonly Tag[]
}

/** AWS promises no time; a day leaves every client room to see how its deletion ended. */
export const INACTIVE_MS = 24 * 60 * 60 * 1000

export const clusters = table({
  name: "ecs/clusters",
  version: 1,
  key: (cluster: Cluster) => cluster.arn,
  indexes: { status: (cluster) => cluster.status },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})
