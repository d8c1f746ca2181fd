import { newUuid } from "../../../world/ids.ts"
import { isoTime } from "../event/task.ts"
import { type Writer, writeEvent } from "../event/write.ts"
import type { Deployment } from "../tables/deployment.ts"
import { type Service, type ServiceEvent, serviceEvents } from "../tables/service.ts"

type Named = Pick<Service, "arn" | "name">

/** Says something in the service's list of events. */
export function tell({ tx, now, random }: Writer, { arn, name }: Named, sentence: string): void {
  const [newest] = tx.list(serviceEvents, { where: ["service", arn], descending: true, limit: 1 })
  const number = (newest?.number ?? 0) + 1
  const message = `(service ${name}) ${sentence}`
  tx.put(serviceEvents, { serviceArn: arn, number, id: newUuid(random), createdAt: now, message })
  if (number > EVENTS_MAX) tx.delete(serviceEvents, eventKey(arn, number - EVENTS_MAX))
}

/** Says that something is wrong; whether it was said, as AWS does not repeat itself for six hours. */
export function tellProblem(writer: Writer, service: Named, sentence: string): boolean {
  const message = `(service ${service.name}) ${sentence}`
  const said = eventsOf(writer, service.arn).find((event) => event.message === message)
  if (said !== undefined && writer.now < said.createdAt + REPEATED_AFTER_MS) return false
  tell(writer, service, sentence)
  return true
}

/** Newest first. */
export function eventsOf({ tx }: Pick<Writer, "tx">, serviceArn: string): readonly ServiceEvent[] {
  return tx.list(serviceEvents, { where: ["service", serviceArn], descending: true })
}

/** Forgets what happened to a service of which another has taken the name. */
export function forgetEvents({ tx }: Pick<Writer, "tx">, serviceArn: string): void {
  for (const event of tx.where(serviceEvents, "service", serviceArn)) tx.delete(serviceEvents, serviceEvents.key(event))
}

export type ServiceAction =
  | "SERVICE_STEADY_STATE"
  | "TASKSET_STEADY_STATE"
  | "SERVICE_REBALANCING_STARTED"
  | "SERVICE_REBALANCING_COMPLETED"
  | "SERVICE_REBALANCING_STOPPED"
  | "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION"
  | "TASKS_STARTED"
  | "TASKS_STOPPED"
  | "SERVICE_TASK_START_IMPAIRED"
  | "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED"
  | "SERVICE_TASK_PLACEMENT_FAILURE"

interface ActionDetail {
  readonly reason?: string
  readonly taskArns?: readonly string[]
  readonly containerInstanceArns?: readonly string[]
  readonly taskSetArns?: readonly string[]
}

export function writeAction(
  writer: Writer,
  { arn, clusterArn }: Pick<Service, "arn" | "clusterArn">,
  eventName: ServiceAction,
  detail: ActionDetail = {},
): void {
  writeEvent(writer, {
    detailType: "ECS Service Action",
    resources: [arn],
    told: {
      detail: {
        eventType: typeOf(eventName),
        eventName,
        clusterArn,
        createdAt: isoTime(new Date(writer.now)),
        ...detail,
      },
    },
  })
}

/** Tells what has become of a deployment, with the reason that it shows itself. */
export function writeDeploymentState(
  writer: Writer,
  { serviceArn, id, rolloutState, rolloutReason }: Deployment,
): void {
  writeEvent(writer, {
    detailType: "ECS Deployment State Change",
    resources: [serviceArn],
    told: {
      detail: {
        eventType: rolloutState === "FAILED" ? "ERROR" : "INFO",
        eventName: `SERVICE_DEPLOYMENT_${rolloutState}`,
        deploymentId: id,
        updatedAt: isoTime(new Date(writer.now)),
        reason: rolloutReason,
      },
    },
  })
}

function typeOf(eventName: ServiceAction): "INFO" | "WARN" | "ERROR" {
  switch (eventName) {
    case "SERVICE_TASK_START_IMPAIRED":
      return "WARN"
    case "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED":
    case "SERVICE_TASK_PLACEMENT_FAILURE":
      return "ERROR"
    default:
      return "INFO"
  }
}

function eventKey(serviceArn: string, number: number): string {
  return serviceEvents.key({ serviceArn, number } as ServiceEvent)
}

const EVENTS_MAX = 100
export const REPEATED_AFTER_MS = 6 * 60 * 60 * 1000
