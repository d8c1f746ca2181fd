import type { Credentials } from "../../wire/task.ts"
import type { ContainerRecord, TaskRecord } from "../agent/records.ts"
import type { Region } from "../region.ts"
import type { LatestStats } from "../telemetry/telemetry.ts"
import type { Dial } from "./forward.ts"

/** What the endpoints know of an agent and ask of it. */
export interface EndpointAgent {
  /** The instance that it is the agent of; machines may have several. */
  readonly instance: string

  /** Whether the instance has a network namespace of its own, where its tasks of the mode `host` are. */
  readonly ownNetwork: boolean
  readonly cluster: string
  readonly region: Region

  /** To the region, for what tasks ask of its own endpoint. */
  readonly dial: Dial

  /** Known once it is registered. */
  readonly containerInstanceArn: string | undefined
  readonly availabilityZone: string | undefined

  /** By their ARNs. */
  readonly tasks: ReadonlyMap<string, TaskRecord>
  credentials(id: string): Credentials | undefined
  latest(containerId: string): LatestStats | undefined

  /** What a Fargate task is told beyond others, as far as it is measured. */
  readonly fargate?: FargateMeasures
}

export interface FargateMeasures {
  clockDrift(): ClockDrift | undefined

  /** In bytes. */
  ephemeralStorage(task: TaskRecord): { readonly utilized: number; readonly reserved: number } | undefined
}

export interface ClockDrift {
  /** In milliseconds. */
  readonly errorBound: number
  readonly referenceAt: number
  readonly isSynchronized: boolean
}

/** A task that a connection may come from. */
export interface Tenant {
  readonly agent: EndpointAgent
  readonly task: TaskRecord
}

/** All tasks behind a listener: nothing of any other can be asked for through it. */
export type Scope = () => readonly Tenant[]

export function tenantOfEndpoint(
  scope: Scope,
  endpointId: string,
): (Tenant & { readonly container: ContainerRecord }) | undefined {
  for (const tenant of scope()) {
    const container = tenant.task.containers.find((container) => container.endpointId === endpointId)
    if (container !== undefined) return { ...tenant, container }
  }
  return undefined
}
