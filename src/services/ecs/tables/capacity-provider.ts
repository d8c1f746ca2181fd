import type { CapacityProviderUpdateStatus, ManagedScaling } from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"
import { INACTIVE_MS } from "./cluster.ts"

/** A capacity provider over an Auto Scaling group. FARGATE and FARGATE_SPOT exist without a record. */
export interface CapacityProvider {
  readonly arn: string
  readonly name: string
  readonly status: "ACTIVE" | "INACTIVE"
  readonly groupArn: string
  readonly managedScaling: ManagedScaling
  readonly managedTerminationProtection: "ENABLED" | "DISABLED"
  readonly managedDraining: "ENABLED" | "DISABLED"
  readonly updateStatus: CapacityProviderUpdateStatus
  readonly createdAt: number
  readonly deletedAt?: number
}

export const capacityProviders = table({
  name: "ecs/capacity-providers",
  version: 1,
  key: (provider: CapacityProvider) => provider.name,
  indexes: { group: ({ groupArn, status }) => (status === "ACTIVE" ? groupArn : undefined) },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})
