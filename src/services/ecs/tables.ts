import type {
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterSetting,
  SettingName,
} from "@aws-sdk/client-ecs"
import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

/** A deleted cluster stays behind as INACTIVE, as it does on AWS, until nobody asks for it any more. */
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

/** The arguments of CreateCluster as the caller gave them; what was left out stays out. */
export interface ClusterArguments {
  readonly settings?: readonly ClusterSetting[] | undefined
  readonly configuration?: ClusterConfiguration | undefined
  readonly capacityProviders?: readonly string[] | undefined
  readonly defaultStrategy?: readonly CapacityProviderStrategyItem[] | undefined
  readonly tags?: readonly Tag[] | undefined
}

export const clusters = table({
  name: "ecs/clusters",
  version: 1,
  key: (cluster: Cluster) => cluster.arn,
  indexes: { status: (cluster) => cluster.status },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_CLUSTER_MS) },
})

/** AWS promises no time; a day leaves every client room to see how its deletion ended. */
const INACTIVE_CLUSTER_MS = 24 * 60 * 60 * 1000

/** The tags of one resource, whatever kind it is. Gone with the resource; one without tags has no record. */
export interface ResourceTags {
  readonly arn: string
  readonly tags: readonly Tag[]
}

export const resourceTags = table({
  name: "ecs/tags",
  version: 1,
  key: (tagged: ResourceTags) => tagged.arn,
})

/** A setting that a principal has set for itself, or the account's root as the default for all. */
export interface AccountSetting {
  readonly name: SettingName
  readonly value: string
  readonly principalArn: string
}

export const accountSettings = table({
  name: "ecs/account-settings",
  version: 1,
  key: (setting: AccountSetting) => `${setting.name} ${setting.principalArn}`,
})
