import type { Member } from "../deployment/member.ts"
import type { Stop } from "../deployment/strategy.ts"
import type { Writer } from "../event/write.ts"
import { stopTask } from "../lifecycle/stop.ts"
import { capacity } from "../placement/capacity.ts"
import { nextRemoval } from "../placement/provider-split.ts"
import { planScaleIn } from "../placement/scale-in.ts"
import type { ServiceRevision } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import type { Task } from "../tables/task.ts"
import { tell, writeAction } from "./event.ts"
import { scalingReason, taskList, UNHEALTHY_REASON } from "./sentence.ts"

type Named = Pick<Service, "arn" | "name" | "clusterArn">

/** Stops what a plan says, and tells of it. */
export function stopMembers(writer: Writer, service: Named, stops: readonly Stop[], by: string): void {
  for (const { member, because } of stops) {
    const isUnhealthy = because === "unhealthy"
    if (isUnhealthy) tell(writer, service, `${taskList([member.task])} failed container health checks.`)
    const reason = isUnhealthy ? UNHEALTHY_REASON : scalingReason(by)
    stopTask(writer, member.task, { code: "ServiceSchedulerInitiated", reason })
  }
  tellStopped(
    writer,
    service,
    stops.map(({ member }) => member.task),
  )
}

export function tellStopped(writer: Writer, service: Named, stopped: readonly Task[]): void {
  if (stopped.length === 0) return
  const running = stopped.filter(({ lastStatus }) => lastStatus === "RUNNING")
  if (running.length > 0) tell(writer, service, `has stopped ${running.length} running tasks: ${taskList(running)}.`)
  const pending = stopped.length - running.length
  if (pending > 0) tell(writer, service, `stopped ${pending} pending tasks.`)
  writeAction(writer, service, "TASKS_STOPPED", { taskArns: stopped.map(({ arn }) => arn) })
}

/** More are not stopped in one turn, so it would be idle to choose more. */
export const STOPS_PER_TURN = 50

/**
 * Which members go when there are too many: of the provider that has the most for its share, and there as placement wants
 * it, so that zones stay in balance. Never a protected one, and no more than one turn can stop.
 */
export function chooser(
  { tx, now, random }: Writer,
  { placementStrategy }: Pick<Service, "placementStrategy">,
  { arn: revisionArn, strategy }: Pick<ServiceRevision, "arn" | "strategy">,
): (members: readonly Member[], count: number) => readonly Member[] {
  const choose = (members: readonly Member[], wanted: number) => {
    const count = Math.min(wanted, STOPS_PER_TURN)
    if (count <= 0) return []
    const byTask = new Map(members.map((member) => [member.task, member]))
    const request = { tasks: [...byTask.keys()], count, strategy: placementStrategy, revisionArn, now }
    return planScaleIn(tx.view(capacity), request, random).map((task) => byTask.get(task)!)
  }
  if (strategy.length === 0) return choose
  return (members, count) => {
    const byProvider = Map.groupBy(members, ({ task }) => task.capacityProvider ?? "")
    const counts = new Map([...byProvider].map(([provider, own]) => [provider, own.length]))
    const shares = new Map<string, number>()
    for (let index = 0; index < Math.min(count, members.length, STOPS_PER_TURN); index++) {
      const provider = nextRemoval(strategy, counts)
      if (provider === undefined) break
      counts.set(provider, counts.get(provider)! - 1)
      shares.set(provider, (shares.get(provider) ?? 0) + 1)
    }
    return [...shares].flatMap(([provider, share]) => choose(byProvider.get(provider)!, share))
  }
}
