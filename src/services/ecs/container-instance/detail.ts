import type * as sdk from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import { isoTime } from "../event/task.ts"
import { capacity } from "../placement/capacity.ts"
import type { ContainerInstance } from "../tables/container-instance.ts"

/** An instance as every operation shows it; each adds what it alone shows. */
export function describeInstance(tx: Tx, instance: ContainerInstance): sdk.ContainerInstance {
  const view = tx.view(capacity)
  const { running = 0, pending = 0 } = view.instance(instance.arn) ?? {}
  return {
    containerInstanceArn: instance.arn,
    ...(instance.ec2InstanceId !== undefined && { ec2InstanceId: instance.ec2InstanceId }),
    ...(instance.capacityProvider !== undefined && { capacityProviderName: instance.capacityProvider }),
    version: instance.version,
    versionInfo: versionInfo(instance),
    remainingResources: view.remainingResources(instance),
    registeredResources: [...instance.registeredResources],
    status: instance.status,
    agentConnected: instance.agentConnected,
    runningTasksCount: running,
    pendingTasksCount: pending,
    attributes: [...instance.attributes],
    registeredAt: new Date(instance.registeredAt),
    attachments: [],
    tags: [],
  }
}

/** What an event tells of an instance, written as events are: moments as text. */
export function instanceDetail(tx: Tx, instance: ContainerInstance, now: number): object {
  const { arn, clusterArn, ec2InstanceId, capacityProvider, attributes, registeredResources } = instance
  return {
    agentConnected: instance.agentConnected,
    attributes,
    ...(capacityProvider !== undefined && { capacityProviderName: capacityProvider }),
    clusterArn,
    containerInstanceArn: arn,
    ...(ec2InstanceId !== undefined && { ec2InstanceId }),
    registeredAt: isoTime(new Date(instance.registeredAt)),
    registeredResources,
    remainingResources: tx.view(capacity).remainingResources(instance),
    status: instance.status,
    updatedAt: isoTime(new Date(now)),
    version: instance.version,
    versionInfo: versionInfo(instance),
  }
}

/** What the agent has said of its machine; without a word from it there is nothing to show. */
export function healthStatus({ health = [] }: ContainerInstance): sdk.ContainerInstanceHealthStatus {
  const statuses = health.map(({ status }) => status)
  const overallStatus = WORST_FIRST.find((status) => statuses.includes(status)) ?? "INSUFFICIENT_DATA"
  return {
    overallStatus,
    details: health.map(({ type, status, reason, updatedAt, changedAt }) => ({
      type,
      status,
      ...(reason !== undefined && { statusReason: reason }),
      lastUpdated: new Date(updatedAt),
      lastStatusChange: new Date(changedAt),
    })),
  }
}

const WORST_FIRST = ["IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING", "OK"] as const

function versionInfo({ agentHash, agentVersion, dockerVersion }: ContainerInstance): sdk.VersionInfo {
  return {
    ...(agentVersion !== undefined && { agentVersion }),
    ...(agentHash !== undefined && { agentHash }),
    ...(dockerVersion !== undefined && { dockerVersion }),
  }
}
