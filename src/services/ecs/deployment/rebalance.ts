import type { Turn } from "../../../store/controller.ts"
import { stopTask } from "../lifecycle/stop.ts"
import { capacity } from "../placement/capacity.ts"
import { candidateArns } from "../placement/plan.ts"
import { nextProvider } from "../placement/provider-split.ts"
import { poolOf } from "../pool.ts"
import { tell, tellProblem, writeAction } from "../service/event.ts"
import { launchTypeOf } from "../service/revision.ts"
import { rebalancingReason, taskList } from "../service/sentence.ts"
import { type Recipe, requestFor, startInZone } from "../service/start.ts"
import type { Deployment } from "../tables/deployment.ts"
import type { Service } from "../tables/service.ts"
import type { Member } from "./member.ts"
import { planRebalancing, tasksPerZone, zonesSentence } from "./zones.ts"

/** Where a service stands on its way to balance. */
export interface Balance {
  readonly service: Service

  /** How many tasks it may have beside those that are wanted: one, until it has taken another's place. */
  readonly extra: number

  /** Whether something was started or stopped, so that all else is left to the next turn. */
  readonly hasActed: boolean
}

/**
 * Moves a steady service's tasks from fuller zones to emptier ones, one at a time: a task is started where one is missing,
 * and when it is healthy one goes where there are too many.
 */
export function rebalance(turn: Turn, recipe: Recipe, deployment: Deployment, members: readonly Member[]): Balance {
  const { service } = recipe
  const mayBalance = isEligible(recipe) && deployment.rolloutState === "COMPLETED"
  if (service.rebalancing === undefined) {
    const isDue = mayBalance && service.steady !== undefined && turn.now >= (service.rebalanceAfter ?? 0)
    return isDue && members.every(({ standing }) => standing === "healthy")
      ? beginBalance(turn, recipe, members)
      : unchanged(service)
  }
  return mayBalance ? goOn(turn, recipe, members, deployment) : stopBalance(turn, service)
}

function beginBalance(turn: Turn, recipe: Recipe, members: readonly Member[]): Balance {
  const { service } = recipe
  const zones = zonesOf(turn, recipe)
  const imbalance = planRebalancing(members, zones)
  if (imbalance === undefined) return unchanged(service)
  const started = startOne(turn, recipe, members, imbalance.to)
  if (started === undefined) return { ...unchanged(service), service: laterOn(turn, service) }

  const counts = zonesSentence(tasksPerZone(members, zones))
  tell(turn, service, `is not AZ balanced with ${counts}. AZ Rebalancing in progress.`)
  writeAction(turn, service, "SERVICE_REBALANCING_STARTED")
  return acted({ ...service, rebalancing: { since: turn.now, taskArn: tellMoved(turn, service, started) } })
}

function goOn(turn: Turn, recipe: Recipe, members: readonly Member[], deployment: Deployment): Balance {
  const { service } = recipe
  const { rebalancing, ...rest } = service
  const wanted = members.filter(({ standing }) => standing !== "stopping")
  const hasExtra = wanted.length > service.desiredCount
  const replacement = wanted.find(({ task }) => task.arn === rebalancing!.taskArn)
  if (hasExtra) {
    if (replacement === undefined) return unchanged(rest)
    // One may be there in the place of one that drains: only while all are healthy is one of them to spare.
    if (wanted.some(({ standing }) => standing !== "healthy")) return { ...unchanged(service), extra: 1 }
    return stopOne(turn, recipe, wanted, replacement, deployment)
  }
  // What is on its way down is waited for, so that zones are counted as they will be.
  if (members.length > wanted.length || wanted.some(({ standing }) => standing !== "healthy")) return unchanged(service)

  const zones = zonesOf(turn, recipe)
  const imbalance = planRebalancing(wanted, zones)
  if (imbalance === undefined) {
    tell(turn, service, `is AZ balanced with ${zonesSentence(tasksPerZone(wanted, zones))}.`)
    writeAction(turn, service, "SERVICE_REBALANCING_COMPLETED")
    return unchanged(rest)
  }
  const started = startOne(turn, recipe, wanted, imbalance.to)
  if (started === undefined) return stopBalance(turn, service)
  return acted({ ...service, rebalancing: { ...rebalancing!, taskArn: tellMoved(turn, service, started) } })
}

function stopOne(
  turn: Turn,
  recipe: Recipe,
  wanted: readonly Member[],
  replacement: Member,
  { id }: Deployment,
): Balance {
  const { service } = recipe
  const others = wanted.filter((member) => member !== replacement)
  const counts = tasksPerZone(others, zonesOf(turn, recipe))
  const fullest = others.filter(
    ({ task }) => task.zone !== undefined && counts.get(task.zone) === Math.max(...counts.values()),
  )
  const leaving = fullest.find(({ isProtected }) => !isProtected)
  if (leaving === undefined) {
    tellProblem(
      turn,
      service,
      `was unable to AZ Rebalance because (task-set ${id}) was unable to scale in due to (reason ${fullest.length} tasks under protection).`,
    )
    return stopBalance(turn, service)
  }
  stopTask(turn, leaving.task, { code: "ServiceSchedulerInitiated", reason: rebalancingReason(id) })
  tell(turn, service, `has stopped 1 running tasks in AZ due to AZ rebalancing: ${taskList([leaving.task])}.`)
  writeAction(turn, service, "TASKS_STOPPED", { taskArns: [leaving.task.arn] })
  return acted(service)
}

/** What is too much then goes by scaling in, which takes it from the fullest zone. */
function stopBalance(turn: Turn, service: Service): Balance {
  const { rebalancing: _, ...rest } = service
  tell(turn, service, "stopped AZ Rebalancing.")
  writeAction(turn, service, "SERVICE_REBALANCING_STOPPED")
  return unchanged(laterOn(turn, rest))
}

function startOne(turn: Turn, recipe: Recipe, members: readonly Member[], zone: string) {
  const perProvider = new Map<string, number>()
  for (const { task } of members) {
    const provider = task.capacityProvider
    if (provider !== undefined) perProvider.set(provider, (perProvider.get(provider) ?? 0) + 1)
  }
  return startInZone(turn, recipe, zone, nextProvider(recipe.revision.strategy, perProvider)).started[0]
}

function tellMoved(turn: Turn, service: Service, started: Member["task"]): string {
  tell(turn, service, `has started 1 tasks in AZ to AZ Rebalance: ${taskList([started])}.`)
  writeAction(turn, service, "TASKS_STARTED", { taskArns: [started.arn] })
  return started.arn
}

/** Zones with at least one instance that could have the service's tasks. */
function zonesOf(turn: Turn, recipe: Recipe): readonly string[] {
  const request = requestFor(turn, recipe, undefined)
  const view = (request.launchType === "FARGATE" ? poolOf(turn.tx) : turn.tx).view(capacity)
  const zones = candidateArns(view, request).flatMap((arn) => {
    const { zone, isInEveryZone } = view.instance(arn)!.face
    return (isInEveryZone ? request.zones : undefined) ?? zone ?? []
  })
  return [...new Set(zones)].sort()
}

/** Whether AWS would balance the service: not where its owner has said something else of zones. */
function isEligible({ service, revision }: Recipe): boolean {
  const [first] = service.placementStrategy
  const spreadsOverZones =
    first === undefined || (first.type === "spread" && first.field?.toLowerCase() === "attribute:ecs.availability-zone")
  return (
    service.zoneRebalancing === "ENABLED" &&
    service.scheduling === "REPLICA" &&
    launchTypeOf(revision) !== "EXTERNAL" &&
    spreadsOverZones &&
    !service.placementConstraints.some(({ expression }) => expression?.includes("ecs.availability-zone")) &&
    Math.floor((service.desiredCount * (service.configuration.maximumPercent ?? 200)) / 100) > service.desiredCount
  )
}

function laterOn({ now, wakeAt }: Turn, service: Service): Service {
  wakeAt(now + AGAIN_MS)
  return { ...service, rebalanceAfter: now + AGAIN_MS }
}

function unchanged(service: Service): Balance {
  return { service, extra: 0, hasActed: false }
}

function acted(service: Service): Balance {
  return { service, extra: 1, hasActed: true }
}

/** AWS does not say how long it waits after it had to give up. */
const AGAIN_MS = 5 * 60_000
