import type { TaskPayload } from "../../wire/task.ts"
import type { LogPosition } from "../engine/log-source.ts"

// All that an agent keeps on its disk. Credentials are never among it: after a restart the region sends them again.

/** A task from the payload that brought it until everything of it is cleaned up. */
export interface TaskRecord {
  readonly arn: string

  /** The last part of the ARN. */
  readonly id: string

  /** As it came, without its credentials. */
  readonly payload: TaskPayload

  /** What the paths in the containers' environment end in; the same over all refreshes. */
  readonly taskCredentialsId?: string
  readonly executionCredentialsId?: string
  readonly receivedAt: number

  /** Only ever moves from RUNNING to STOPPED. */
  readonly desiredStatus: "RUNNING" | "STOPPED"
  readonly knownStatus: TaskStatus

  /** Why the task as a whole ends, where no container says it. */
  readonly reason?: string
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number

  /** When the first essential container was stopped, or wanted to be. */
  readonly executionStoppedAt?: number

  /** When the last container had stopped. */
  readonly stoppedAt?: number
  readonly containers: readonly ContainerRecord[]

  /** It has stopped and given back what it would keep from others. */
  readonly isReleased?: boolean

  /** What the region has confirmed to have heard; nothing is ever reported twice or backwards. */
  readonly sent: Sent
}

/** In the order in which a task goes through them; a task is where the least of its containers is. */
export type TaskStatus = "NONE" | "MANIFEST_PULLED" | "CREATED" | "RUNNING" | "STOPPED"
export type ContainerStatus = "NONE" | "MANIFEST_PULLED" | "PULLED" | "CREATED" | "RUNNING" | "STOPPED"

export interface Sent {
  readonly status?: ReportedStatus
  readonly containers: Readonly<Record<string, ReportedStatus>>
  readonly attachments: Readonly<Record<string, "ATTACHED">>
}

export type ReportedStatus = "PENDING" | "RUNNING" | "STOPPED"

export interface ContainerRecord {
  readonly name: string

  /** The engine's id, 64 hexadecimal digits, chosen before the container is made: a crash between the two loses nothing. */
  readonly id: string

  /** What its metadata paths end in; whoever knows it is this container. */
  readonly endpointId: string

  /** As people see it on the machine, `ecs-<family>-<version>-<name>-<hex>`. */
  readonly runtimeName: string
  readonly networkId: string
  readonly knownStatus: ContainerStatus
  readonly imageId?: string
  readonly imageDigest?: string
  readonly exitCode?: number

  /** With AWS's name of the case first, as in `CannotPullContainerError: …`. */
  readonly reason?: string
  readonly bindings: readonly Binding[]
  readonly addresses: readonly string[]
  readonly macAddress?: string
  readonly createdAt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
  readonly restartCount: number
  readonly health?: HealthRecord

  /** Up to where its log has arrived. */
  readonly logPosition?: LogPosition
}

/** Ranges stand as `80-90`, as the region gave them. */
export interface Binding {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: "tcp" | "udp"
  readonly containerPortRange?: string
  readonly hostPortRange?: string
}

export interface HealthRecord {
  readonly status: "HEALTHY" | "UNHEALTHY" | "UNKNOWN"
  readonly since: number
  readonly exitCode?: number
  readonly output?: string
}

/** Who this instance is to the region. */
export interface Identity {
  readonly cluster: string
  readonly containerInstanceArn: string
  readonly availabilityZone?: string

  /** Of the machine's start in which it was written; in another one nothing that ran is there any more. */
  readonly bootId: string
}

/** When images were brought and last used, for `once` and for the clean-up. */
export interface ImageUse {
  readonly reference: string
  readonly imageId: string
  readonly pulledAt: number
  readonly usedAt: number
}

/**
 * What an agent knows, in memory and on disk. Reading is at once; a write is on disk, safe from the end of this
 * process, when the method returns.
 */
export interface AgentState {
  readonly tasks: ReadonlyMap<string, TaskRecord>
  putTask(task: TaskRecord): void
  removeTask(arn: string): void

  /** Apart from the task's record, as it changes much more often. */
  logPosition(containerId: string): LogPosition | undefined
  putLogPosition(containerId: string, position: LogPosition): void
  readonly identity: Identity | undefined
  putIdentity(identity: Identity): void

  /** The largest manifest or payload number that was seen. */
  readonly sequence: number
  putSequence(sequence: number): void
  readonly images: ReadonlyMap<string, ImageUse>
  putImage(use: ImageUse): void
  removeImage(reference: string): void
  close(): void
}
