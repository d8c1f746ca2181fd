import type { Turn } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import { checkedContainers, type Judgement, type Member, memberOf, nextLook } from "../deployment/member.ts"
import { capacity } from "../placement/capacity.ts"
import { poolOf } from "../pool.ts"
import type { Service } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import { definitionByArn } from "../task-definition/find.ts"

/** The tasks of a service as they stand now. */
export interface Roster {
  readonly members: readonly Member[]

  /** Those that have ended by themselves, and that nobody has counted yet. */
  readonly failed: readonly Task[]

  /** When a task may stand otherwise though nothing has changed. */
  readonly nextLooks: readonly number[]
}

/** Judges the tasks of a service that `belongs` picks, seen from a deployment that leads to `targetArn`. */
export function rosterOf(
  { tx, now }: Pick<Turn, "tx" | "now">,
  service: Service,
  targetArn: string | undefined,
  belongs: (task: Task) => boolean = () => true,
): Roster {
  const judgementOf = judgements(tx, service, now)
  const drains = drainsIn(tx)
  const members: Member[] = []
  const failed: Task[] = []
  const nextLooks: number[] = []
  for (const task of tx.where(tasks, "serviceLive", service.arn)) {
    if (!belongs(task)) continue
    if (task.lastStatus === "STOPPED") failed.push(task)
    const judgement = judgementOf(task.definitionArn)
    const member = memberOf(task, targetArn, (arn) => drains(task, arn), judgement)
    if (member === undefined) continue
    members.push(member)
    nextLooks.push(...nextLook(member, judgement))
    if (member.isProtected) nextLooks.push(task.protectedUntil!)
  }
  return { members, failed, nextLooks }
}

/** How to judge tasks of a definition; one that has been deleted meanwhile has no health checks any more. */
function judgements(tx: Tx, service: Service, now: number): (definitionArn: string) => Judgement {
  const known = new Map<string, Judgement>()
  return (definitionArn) => {
    let judgement = known.get(definitionArn)
    if (judgement === undefined) {
      const definition = definitionByArn(tx, definitionArn)
      const checked = definition === undefined ? new Set<string>() : checkedContainers(definition)
      judgement = { now, checked, graceMs: service.healthCheckGraceSeconds * 1000 }
      known.set(definitionArn, judgement)
    }
    return judgement
  }
}

function drainsIn(tx: Tx): (task: Task, instanceArn: string) => boolean {
  const own = tx.view(capacity)
  return ({ launchType }, instanceArn) => {
    const instances = launchType === "FARGATE" ? poolOf(tx).view(capacity) : own
    const status = instances.instance(instanceArn)?.face.status
    return status === "DRAINING" || status === "DEREGISTERING"
  }
}
