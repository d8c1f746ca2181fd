import type { TaskRecord } from "../../agent/records.ts"
import type { Tenant } from "../tenant.ts"
import { describeContainer, type MetadataVersion, timeOf } from "./container.ts"

/** A task as its metadata endpoints describe it. */
export function describeTask(tenant: Tenant, version: MetadataVersion) {
  const { agent, task } = tenant
  const { payload } = task
  return {
    Cluster: payload.taskClusterArn ?? agent.cluster,
    TaskARN: task.arn,
    Family: payload.family,
    Revision: payload.version,
    ...(version === 4 && payload.serviceName && { ServiceName: payload.serviceName }),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.knownStatus,
    ...limitsOf(task),
    ...(task.pullStartedAt !== undefined && { PullStartedAt: timeOf(task.pullStartedAt) }),
    ...(task.pullStoppedAt !== undefined && { PullStoppedAt: timeOf(task.pullStoppedAt) }),
    ...(task.executionStoppedAt !== undefined && { ExecutionStoppedAt: timeOf(task.executionStoppedAt) }),
    ...(agent.availabilityZone !== undefined && { AvailabilityZone: agent.availabilityZone }),
    ...(version === 4 && { LaunchType: payload.launchType ?? "EC2" }),
    Containers: task.containers
      .filter(({ knownStatus }) => knownStatus !== "NONE" && knownStatus !== "MANIFEST_PULLED")
      .map((container) => describeContainer(tenant, container, version)),
    ...(version === 4 && { ...fargateOf(tenant), FaultInjectionEnabled: payload.enableFaultInjection ?? false }),
  }
}

function limitsOf({ payload: { cpu, memory } }: TaskRecord) {
  if (!cpu && !memory) return {}
  return { Limits: { ...(cpu && { CPU: cpu }), ...(memory && { Memory: memory }) } }
}

function fargateOf({ agent: { fargate }, task }: Tenant) {
  if (task.payload.launchType !== "FARGATE") return {}
  const drift = fargate?.clockDrift()
  const storage = fargate?.ephemeralStorage(task)
  return {
    ...(drift !== undefined && {
      ClockDrift: {
        ClockErrorBound: drift.errorBound,
        ReferenceTimestamp: timeOf(drift.referenceAt),
        ClockSynchronizationStatus: drift.isSynchronized ? "SYNCHRONIZED" : "NOT_SYNCHRONIZED",
      },
    }),
    ...(storage !== undefined && {
      EphemeralStorageMetrics: {
        Utilized: Math.floor(storage.utilized / 2 ** 20),
        Reserved: Math.floor(storage.reserved / 2 ** 20),
      },
    }),
  }
}
