import { type Writer, writeEvent } from "../event/write.ts"
import { type ContainerInstance, containerInstances, type InstanceHealthCheck } from "../tables/container-instance.ts"
import { instanceDetail } from "./detail.ts"

/**
 * The only place that writes container instances. A change that others can see raises the version and becomes an
 * event; `after.version` need not be right, and what is returned is the record as it now lies in the table.
 */
export function putInstance(
  writer: Writer,
  before: ContainerInstance | undefined,
  after: ContainerInstance,
): ContainerInstance {
  const isTold = before === undefined || TOLD.some((property) => before[property] !== after[property])
  const version = (before?.version ?? 0) + (isTold ? 1 : 0)
  const instance: ContainerInstance = { ...after, version }
  writer.tx.put(containerInstances, instance)
  if (isTold) {
    writeEvent(writer, {
      detailType: "ECS Container Instance State Change",
      resources: [instance.arn],
      told: { detail: instanceDetail(writer.tx, instance, writer.now) },
    })
  }
  return instance
}

/** What an agent says of itself when it connects, as far as it says anything. */
export interface AgentInfo {
  readonly agentVersion?: string | undefined
  readonly agentHash?: string | undefined
  readonly dockerVersion?: string | undefined
}

/**
 * Says that an instance's agent has connected or gone. Nothing happens for an instance that is no longer there, and
 * nothing twice.
 */
export function connected(writer: Writer, instanceArn: string, agentConnected: boolean, info: AgentInfo = {}): void {
  const before = writer.tx.get(containerInstances, instanceArn)
  if (before === undefined || before.status === "INACTIVE") return
  const { lostAt: _, ...present } = before
  const after: ContainerInstance = {
    ...(agentConnected ? present : before),
    agentConnected,
    ...(info.agentVersion && { agentVersion: info.agentVersion }),
    ...(info.agentHash && { agentHash: info.agentHash }),
    ...(info.dockerVersion && { dockerVersion: info.dockerVersion }),
  }
  if (TOLD.some((property) => before[property] !== after[property])) putInstance(writer, before, after)
}

/** Gives up a machine of the pool for lost. Nothing happens for one that is back, or out, and nothing twice. */
export function lost(writer: Writer, instanceArn: string): void {
  const before = writer.tx.get(containerInstances, instanceArn)
  if (before === undefined || before.status === "INACTIVE" || before.agentConnected) return
  if (before.lostAt === undefined) putInstance(writer, before, { ...before, lostAt: writer.now })
}

/** Notes what an agent says of its machine's health; the checks that it does not name are as they were. */
export function reportHealth(
  writer: Writer,
  instanceArn: string,
  checks: readonly Pick<InstanceHealthCheck, "type" | "status" | "reason">[],
): void {
  const before = writer.tx.get(containerInstances, instanceArn)
  if (before === undefined || before.status === "INACTIVE") return
  const health = new Map(before.health?.map((check) => [check.type, check]))
  for (const check of checks) {
    const known = health.get(check.type)
    const changedAt = known?.status === check.status ? known.changedAt : writer.now
    health.set(check.type, { ...check, changedAt, updatedAt: writer.now })
  }
  putInstance(writer, before, { ...before, health: [...health.values()] })
}

/** What events show. The numbers of manifests and the moments of health checks are nobody else's business. */
const TOLD = [
  "status",
  "agentConnected",
  "attributes",
  "registeredResources",
  "ec2InstanceId",
  "capacityProvider",
  "agentVersion",
  "agentHash",
  "dockerVersion",
] as const satisfies readonly (keyof ContainerInstance)[]
