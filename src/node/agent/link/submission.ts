import type { ContainerRecord, ReportedStatus, Sent, TaskRecord } from "../records.ts"

/** What SubmitTaskStateChange says; times are in seconds. */
export interface Submission {
  readonly cluster: string
  readonly task: string

  /** Absent in one that is about attachments only. */
  readonly status?: ReportedStatus
  readonly reason?: string
  readonly containers?: readonly ContainerSubmission[]
  readonly attachments?: readonly { readonly attachmentArn: string; readonly status: "ATTACHED" }[]
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number
  readonly executionStoppedAt?: number
}

export interface ContainerSubmission {
  readonly containerName: string
  readonly status: ReportedStatus
  readonly runtimeId?: string
  readonly exitCode?: number
  readonly imageDigest?: string
  readonly reason?: string
  readonly networkBindings?: readonly object[]
}

/**
 * What the region is to hear next of a task; undefined when it has heard everything. What happened to single containers
 * goes along with the task's next step; with `leftovers` it goes by itself.
 */
export function nextSubmission(task: TaskRecord, cluster: string, leftovers = false): Submission | undefined {
  const step = nextStep(task)
  const status = step ?? (leftovers && task.sent.status !== "STOPPED" ? reportedStatus(task) : undefined)
  if (status === undefined) return undefined

  // What is told afterwards of a task that has ended meanwhile is told as it was then.
  const isPast = status === "RUNNING" && task.knownStatus === "STOPPED"
  const containers = task.containers.flatMap((container) => {
    const now = containerStatus(container)
    const reported = isPast && now === "STOPPED" ? "RUNNING" : now
    if (reported === undefined || !isAfter(reported, task.sent.containers[container.name])) return []
    return [containerSubmission(container, reported)]
  })
  if (step === undefined && containers.length === 0) return undefined
  return {
    cluster: task.payload.taskClusterArn ?? cluster,
    task: task.arn,
    status,
    reason: isPast ? "" : cut(task.reason),
    containers,
    ...seconds("pullStartedAt", task.pullStartedAt),
    ...seconds("pullStoppedAt", task.pullStoppedAt),
    ...(!isPast && seconds("executionStoppedAt", task.executionStoppedAt)),
  }
}

/** Whether a container has ended under a task that goes on, and the region has not heard of it. */
export function hasUntoldEnd({ knownStatus, containers, sent }: TaskRecord): boolean {
  if (knownStatus === "STOPPED") return false
  return containers.some(
    (container) => container.knownStatus === "STOPPED" && sent.containers[container.name] !== "STOPPED",
  )
}

/** What has been sent of a task once the region has confirmed a submission. */
export function withSent(sent: Sent, { status, containers = [], attachments = [] }: Submission): Sent {
  const told = containers
    .filter(({ containerName, status }) => isAfter(status, sent.containers[containerName]))
    .map(({ containerName, status }) => [containerName, status] as const)
  const furthest = status !== undefined && isAfter(status, sent.status) ? status : sent.status
  return {
    ...(furthest !== undefined && { status: furthest }),
    containers: { ...sent.containers, ...Object.fromEntries(told) },
    attachments: {
      ...sent.attachments,
      ...Object.fromEntries(attachments.map(({ attachmentArn, status }) => [attachmentArn, status])),
    },
  }
}

/**
 * The task's next step that has not been told. A step may be left out but for one: a task that ran and ended while the
 * region was away is first told to have run, or the region would say that it failed to start.
 */
function nextStep(task: TaskRecord): ReportedStatus | undefined {
  const status = reportedStatus(task)
  const { sent } = task
  if (status === undefined || !isAfter(status, sent.status)) return undefined
  if (status === "STOPPED" && isAfter("RUNNING", sent.status) && hasRun(task)) return "RUNNING"
  const isPointless = status === "PENDING" && !task.containers.some(({ imageDigest }) => imageDigest !== undefined)
  return isPointless ? undefined : status
}

/** A task runs from when the last of its containers was started. */
function hasRun({ containers }: TaskRecord): boolean {
  return containers.length > 0 && containers.every(({ startedAt }) => startedAt !== undefined)
}

function reportedStatus({ knownStatus }: TaskRecord): ReportedStatus | undefined {
  if (knownStatus === "NONE") return undefined
  return knownStatus === "RUNNING" || knownStatus === "STOPPED" ? knownStatus : "PENDING"
}

/** That a container is about to be made is told for the sake of its image's digest. */
function containerStatus({ knownStatus, imageDigest }: ContainerRecord): ReportedStatus | undefined {
  if (knownStatus === "RUNNING" || knownStatus === "STOPPED") return knownStatus
  return knownStatus !== "NONE" && imageDigest !== undefined ? "PENDING" : undefined
}

function containerSubmission(container: ContainerRecord, status: ReportedStatus): ContainerSubmission {
  const { name, id, createdAt, imageDigest, exitCode, reason, bindings } = container
  const hasEnded = status === "STOPPED"
  return {
    containerName: name,
    status,
    // Containers that were never made are reported without an id.
    ...(createdAt !== undefined && status !== "PENDING" && { runtimeId: id }),
    ...(imageDigest !== undefined && { imageDigest }),
    ...(hasEnded && exitCode !== undefined && { exitCode }),
    ...(hasEnded && reason !== undefined && { reason: cut(reason) }),
    ...(status !== "PENDING" && bindings.length > 0 && { networkBindings: bindings.map(networkBinding) }),
  }
}

function networkBinding(binding: ContainerRecord["bindings"][number]): object {
  const { containerPort, hostPort, protocol, containerPortRange, hostPortRange } = binding
  return containerPortRange === undefined
    ? { bindIP: ANY_ADDRESS, containerPort, hostPort, protocol }
    : { bindIP: ANY_ADDRESS, containerPortRange, hostPortRange, protocol }
}

function isAfter(status: ReportedStatus, other: ReportedStatus | undefined): boolean {
  return other === undefined || ORDER.indexOf(status) > ORDER.indexOf(other)
}

function seconds<K extends string>(name: K, at: number | undefined): { [N in K]?: number } {
  return at === undefined ? {} : ({ [name]: at / 1000 } as { [N in K]: number })
}

function cut(reason = ""): string {
  return reason.slice(0, REASON_LENGTH_MAX)
}

const ORDER: readonly ReportedStatus[] = ["PENDING", "RUNNING", "STOPPED"]
const REASON_LENGTH_MAX = 1024
const ANY_ADDRESS = "0.0.0.0"
