import type { NetworkBinding } from "@aws-sdk/client-ecs"
import type { Writer } from "../event/write.ts"
import type { Task, TaskAttachment, TaskContainer } from "../tables/task.ts"
import { mayRun } from "./gate.ts"
import { healthOf } from "./health.ts"
import { moved } from "./moves.ts"
import { isAttached } from "./network.ts"
import { ended, type StopCause, unwanted } from "./stop.ts"
import { putTask } from "./write.ts"

/** What an agent says of a task. Each part may be missing, late, repeated, or older than what is known already. */
export interface TaskReport {
  /** Undefined in a report that is about attachments only. */
  readonly status?: ReportedStatus | undefined
  readonly reason?: string | undefined

  /** Only those of which there is something new. */
  readonly containers?: readonly ContainerReport[]
  readonly attachments?: readonly AttachmentReport[]
  readonly pullStartedAt?: number | undefined
  readonly pullStoppedAt?: number | undefined
  readonly executionStoppedAt?: number | undefined
}

export interface AttachmentReport {
  readonly id: string
  readonly status: string
}

export interface ContainerReport {
  readonly name: string
  readonly status?: ReportedStatus | undefined
  readonly reason?: string | undefined
  readonly exitCode?: number | undefined
  readonly imageDigest?: string | undefined
  readonly runtimeId?: string | undefined
  readonly networkBindings?: readonly NetworkBinding[] | undefined
}

export type ReportedStatus = TaskContainer["lastStatus"]

/**
 * Takes in what an agent says. Nothing moves back and what is known stays, so a report may come twice, late, or in any
 * order. AWS's stop code and reason are worked out here, as agents send neither.
 */
export function applyReport(writer: Writer, task: Task, report: TaskReport): Task {
  if (isOver(task) || task.instanceArn === undefined) return task
  const told = withTimes(withAttachments(withContainers(task, report), report), report)
  return putTask(writer, task, advanced(writer, told, report))
}

/** Takes in what an agent says of the health of a task's containers. It comes often, so what is not new costs nothing. */
export function applyHealth(
  writer: Writer,
  task: Task,
  reported: readonly { readonly containerName: string; readonly status: TaskContainer["health"] }[],
): Task {
  if (isOver(task)) return task
  const containers = changedContainers(task.containers, (container) => {
    const status = reported.find(({ containerName }) => containerName === container.name)?.status
    return status === undefined || status === container.health ? container : { ...container, health: status }
  })
  if (containers === task.containers) return task
  const health = healthOf(containers)
  return putTask(writer, task, { ...task, containers, health, ...(health !== task.health && { healthAt: writer.now }) })
}

/** Nothing runs any more, so whatever an agent still says is old. */
function isOver({ lastStatus }: Task): boolean {
  return lastStatus === "DEPROVISIONING" || lastStatus === "STOPPED"
}

/** Where the report takes the task: at most one step, and none if the task is past it. */
function advanced({ tx, now }: Writer, task: Task, { status, reason = "" }: TaskReport): Task {
  if (status === "STOPPED") return ended(unwanted(task, causeOf(task, reason)), now)

  // An essential container that has ended takes the others with it; the agent sees to that, and tells when it is done.
  const isEnding = task.containers.some(({ essential, lastStatus }) => essential && lastStatus === "STOPPED")
  const wanted = isEnding ? unwanted(task, causeOf(task, reason)) : task
  if (status === undefined && task.lastStatus === "PROVISIONING" && isAttached(task)) {
    return moved(wanted, "PENDING", now)
  }
  if (status !== "RUNNING" || task.lastStatus !== "PENDING") return wanted
  return moved(connected(wanted, now), mayRun(tx, wanted) ? "RUNNING" : "ACTIVATING", now)
}

function connected(task: Task, now: number): Task {
  return task.connectivity === undefined ? { ...task, connectivity: "CONNECTED", connectivityAt: now } : task
}

/** Why a task ended that nobody had wanted to end. */
function causeOf({ containers, startedAt }: Task, reason: string): StopCause {
  const essential = containers.filter((container) => container.essential)
  const exited = essential.find(({ lastStatus, exitCode }) => lastStatus === "STOPPED" && exitCode !== undefined)
  if (exited !== undefined) return { code: "EssentialContainerExited", reason: "Essential container in task exited" }

  const failed = essential.find((container) => container.reason) ?? containers.find((container) => container.reason)
  const said = reason || failed?.reason
  if (startedAt === undefined) return { code: "TaskFailedToStart", reason: said || "Task failed to start" }
  return { code: "EssentialContainerExited", reason: reason || "Essential container in task exited" }
}

function withContainers(task: Task, { containers: reported = [] }: TaskReport): Task {
  if (reported.length === 0) return task
  const containers = changedContainers(task.containers, (container) =>
    reported.filter(({ name }) => name === container.name).reduce(toldOf, container),
  )
  return containers === task.containers ? task : { ...task, containers }
}

/** A container with what is new in a report; the same one if nothing is. */
function toldOf(container: TaskContainer, report: ContainerReport): TaskContainer {
  const status = report.status ?? container.lastStatus
  const isLater = CONTAINER_ORDER.indexOf(status) > CONTAINER_ORDER.indexOf(container.lastStatus)
  const lastStatus = isLater ? status : container.lastStatus
  const news: Partial<TaskContainer> = {
    ...(isLater && { lastStatus }),
    ...(report.status === "STOPPED" && fresh(container, "exitCode", report.exitCode)),
    ...fresh(container, "reason", report.reason || undefined),
    ...fresh(container, "imageDigest", report.imageDigest || undefined),
    ...fresh(container, "runtimeId", report.runtimeId || undefined),
    ...(report.networkBindings?.length && fresh(container, "networkBindings", report.networkBindings)),
  }
  return Object.keys(news).length === 0 ? container : { ...container, ...news }
}

const CONTAINER_ORDER: readonly ReportedStatus[] = ["PENDING", "RUNNING", "STOPPED"]

/** What is said first is kept: a report that comes later may be an older one. */
function fresh<R extends object, K extends keyof R>(known: R, field: K, value: R[K] | undefined): Partial<R> {
  return value === undefined || known[field] !== undefined ? {} : ({ [field]: value } as unknown as Partial<R>)
}

function withAttachments(task: Task, { attachments: reported = [] }: TaskReport): Task {
  if (reported.length === 0) return task
  const attachments = task.attachments.map((attachment) => {
    const said = ATTACHMENT_ORDER.find((status) =>
      reported.some((report) => report.id === attachment.id && report.status === status),
    )
    if (said === undefined || rank(said) <= rank(attachment.status)) return attachment
    return { ...attachment, status: said }
  })
  return attachments.some((attachment, at) => attachment !== task.attachments[at]) ? { ...task, attachments } : task
}

const ATTACHMENT_ORDER: readonly TaskAttachment["status"][] = [
  "PRECREATED",
  "CREATED",
  "ATTACHING",
  "ATTACHED",
  "DETACHING",
  "DETACHED",
  "DELETED",
]

function rank(status: TaskAttachment["status"]): number {
  return ATTACHMENT_ORDER.indexOf(status)
}

function withTimes(task: Task, report: TaskReport): Task {
  const times: Partial<Task> = {
    ...fresh(task, "pullStartedAt", report.pullStartedAt),
    ...fresh(task, "pullStoppedAt", report.pullStoppedAt),
    ...fresh(task, "executionStoppedAt", report.executionStoppedAt),
  }
  return Object.keys(times).length === 0 ? task : { ...task, ...times }
}

function changedContainers(
  containers: readonly TaskContainer[],
  change: (container: TaskContainer) => TaskContainer,
): readonly TaskContainer[] {
  const changed = containers.map(change)
  return changed.some((container, at) => container !== containers[at]) ? changed : containers
}
