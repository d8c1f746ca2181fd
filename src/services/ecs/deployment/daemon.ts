import type { DeploymentConfiguration } from "@aws-sdk/client-ecs"
import { type Bounds, boundsOf } from "./bounds.ts"
import type { Member } from "./member.ts"

export interface DaemonSituation {
  /** Instances that are to have a task, whether or not one runs there. */
  readonly instanceArns: readonly string[]

  /** Every task of the service that is not over, whatever it runs and wherever. */
  readonly members: readonly Member[]
  readonly configuration: DeploymentConfiguration

  /** Whether a task that leaves may go now: on an instance that drains it goes after all others. */
  readonly mayLeave: (member: Member) => boolean
  readonly hasFailed: boolean
}

export interface DaemonPlan {
  /** Instances that are to get a task now. */
  readonly start: readonly string[]
  readonly stop: readonly { readonly member: Member; readonly because: "scaling" | "unhealthy" }[]
  readonly desiredCount: number
  readonly isComplete: boolean
}

/**
 * Decides the next step of a DAEMON service: one task on each instance, never two, so an old one is gone before the new
 * one comes. As many instances may be without a healthy task as the service's bound allows.
 */
export function planDaemon({ instanceArns, members, configuration, mayLeave, hasFailed }: DaemonSituation): DaemonPlan {
  const desired = new Set(instanceArns)
  const bounds: Bounds = boundsOf(desired.size, configuration)
  const byInstance = Map.groupBy(members, ({ task }) => task.instanceArn ?? "")
  const wanted = members.filter(({ standing }) => standing !== "stopping")
  const start = hasFailed ? [] : instanceArns.filter((arn) => !byInstance.has(arn))

  const away = wanted.filter((member) => !desired.has(member.task.instanceArn ?? "") && mayLeave(member))
  const doubled = [...byInstance.values()].flatMap((tasks) => excess(tasks))
  const ill = wanted.filter(({ standing }) => standing === "unhealthy")
  const old = hasFailed ? [] : wanted.filter(({ isTarget, isProtected }) => !isTarget && !isProtected)

  const going = new Map<Member, "scaling" | "unhealthy">()
  for (const member of [...away, ...doubled]) going.set(member, "scaling")
  for (const member of ill) if (!going.has(member)) going.set(member, "unhealthy")
  let spare = wanted.filter((member) => member.standing === "healthy" && !going.has(member)).length - bounds.healthyMin
  const isEnough = spare >= 0
  for (const member of old) {
    if (going.has(member)) continue
    if (member.standing === "healthy" ? spare-- > 0 : member.standing === "starting" || isEnough) {
      going.set(member, "scaling")
    }
  }
  const settled = members.filter(({ isTarget, standing }) => isTarget && standing === "healthy")
  return {
    start,
    stop: [...going].map(([member, because]) => ({ member, because })),
    desiredCount: desired.size,
    isComplete: settled.length >= desired.size && members.every(({ isTarget }) => isTarget),
  }
}

/** All but one of the tasks that are wanted on one instance; there are never two unless something went badly wrong. */
function excess(tasks: readonly Member[]): Member[] {
  const wanted = tasks.filter(({ standing }) => standing !== "stopping")
  return wanted.toSorted((a, b) => Number(b.isTarget) - Number(a.isTarget)).slice(1)
}
