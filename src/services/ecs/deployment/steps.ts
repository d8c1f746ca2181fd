import type { DeploymentConfiguration } from "@aws-sdk/client-ecs"
import { assert } from "../../../base/assert.ts"
import type { Turn } from "../../../store/controller.ts"
import { type Capacity, capacity } from "../placement/capacity.ts"
import { explainInstance } from "../placement/explain.ts"
import { candidateArns } from "../placement/plan.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { propertiesOf, type Recipe, requestFor, type Starts } from "../service/start.ts"
import { chooser } from "../service/stop.ts"
import type { Deployment } from "../tables/deployment.ts"
import { type Service, services } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import { newTask, placeTask } from "../task/create.ts"
import { explainPlace, placeOn } from "../task/place.ts"
import { boundsOf } from "./bounds.ts"
import { planDaemon } from "./daemon.ts"
import type { Member } from "./member.ts"
import { rolling } from "./plan.ts"
import { startPlanned } from "./recipe.ts"
import type { DeploymentStrategy, Plan, Stop } from "./strategy.ts"

/** What a deployment does next, whichever way its service is scheduled. */
export interface Step {
  readonly desiredCount: number
  readonly stop: readonly Stop[]
  readonly stage: Plan["stage"]
  readonly isComplete: boolean
  readonly obstacle?: Plan["obstacle"]
  readonly nextLook?: number | undefined

  /** Instances from which a DAEMON service withdraws as they do not meet its constraints any more. */
  readonly violated?: readonly string[]

  /** How many tasks are to start, and the hands to start as many as one turn may. */
  readonly startCount: number
  readonly start: (countMax: number) => Starts
}

const strategies: Readonly<Record<NonNullable<DeploymentConfiguration["strategy"]>, DeploymentStrategy | undefined>> = {
  ROLLING: rolling,
  BLUE_GREEN: undefined,
  LINEAR: undefined,
  CANARY: undefined,
}

/** Keeps so many tasks, wherever there is room for them. */
export function replicaStep(
  turn: Turn,
  recipe: Recipe,
  deployment: Deployment,
  members: readonly Member[],
  desiredCount: number,
): Step {
  const { service, revision } = recipe
  const strategy = strategies[deployment.configuration.strategy ?? "ROLLING"]
  assert(strategy !== undefined, `${deployment.arn} has a strategy that was never accepted`)
  const plan = strategy.plan({
    now: turn.now,
    targetArn: revision.arn,
    desiredCount,
    bounds: boundsOf(service.desiredCount, service.configuration),
    configuration: service.configuration,
    members,
    stage: deployment.stage,
    stageAt: deployment.stageAt,
    hasFailed: deployment.rolloutState === "FAILED",
    isCrowded: deployment.blockedBy?.kind === "placement",
    choose: chooser(turn, service, revision),
  })
  const startCount = plan.start.reduce((sum, { count }) => sum + count, 0)
  const present = members.filter(({ standing }) => standing !== "stopping").map(({ task }) => task)
  return {
    desiredCount: service.desiredCount,
    stop: plan.stop,
    stage: plan.stage,
    isComplete: plan.isComplete,
    obstacle: plan.obstacle,
    nextLook: plan.nextLook,
    startCount,
    start: (countMax) => startPlanned(turn, recipe, plan.start, countMax, present),
  }
}

/** Keeps one task on each instance that will do. */
export function daemonStep(turn: Turn, recipe: Recipe, deployment: Deployment, members: readonly Member[]): Step {
  const { tx } = turn
  const view = tx.view(capacity)
  const request = requestFor(turn, recipe, undefined)
  const { instanceArns, kept } = daemonInstances(turn, request, members)
  const plan = planDaemon({
    instanceArns,
    members,
    configuration: recipe.service.configuration,
    mayLeave: ({ task, mustLeave }) => !mustLeave || isLast(turn, task),
    hasFailed: deployment.rolloutState === "FAILED",
  })

  function start(countMax: number): Starts {
    const started: Task[] = []
    let refused: PlacementRequest | undefined
    for (const instanceArn of plan.start) {
      if (started.length === countMax) break
      if (explainPlace(tx, request, instanceArn) !== undefined) {
        refused = request
        continue
      }
      const task = newTask(turn, propertiesOf(recipe, undefined))
      started.push(placeTask(turn, task, placeOn(turn, request, instanceArn)))
    }
    return { started, ...(refused !== undefined && { refused }) }
  }

  return {
    desiredCount: plan.desiredCount,
    stop: plan.stop.filter(({ member }) => !kept.has(member)),
    stage: plan.isComplete ? "CLEAN_UP" : "SCALE_UP",
    isComplete: plan.isComplete,
    // Nobody says when the last of the other tasks has left an instance that drains.
    nextLook: members.some(({ mustLeave }) => mustLeave) ? turn.now + LOOK_AGAIN_MS : undefined,
    violated: withdrawnFrom(view, plan.stop, new Set(instanceArns)),
    startCount: plan.start.length,
    start,
  }
}

const LOOK_AGAIN_MS = 10_000

function withdrawnFrom(view: Capacity, stops: readonly Stop[], instanceArns: ReadonlySet<string>): string[] {
  return stops.flatMap(({ member: { task, mustLeave } }) => {
    const { instanceArn = "" } = task
    const isThere = view.instance(instanceArn)?.face.status === "ACTIVE"
    return isThere && !mustLeave && !instanceArns.has(instanceArn) ? instanceArn : []
  })
}

/**
 * The instances that are to have a task: those that meet what the service asks of them. A task whose agent is away for a
 * while is left where it is, as nobody can tell it anything and it may be doing its work.
 */
function daemonInstances(
  { tx }: Turn,
  request: PlacementRequest,
  members: readonly Member[],
): { readonly instanceArns: readonly string[]; readonly kept: ReadonlySet<Member> } {
  const view = tx.view(capacity)
  // What its tasks take is no part of what an instance is.
  const bare = { ...request, demand: { cpu: 0, memory: 0, ports: [], gpus: 0, interfaces: 0 } }
  const arns = new Set(candidateArns(view, request))
  const kept = new Set<Member>()
  for (const member of members) {
    const { instanceArn = "" } = member.task
    if (arns.has(instanceArn)) continue
    if (explainInstance(view, bare, instanceArn)?.reason === "AGENT") {
      arns.add(instanceArn)
      kept.add(member)
    }
  }
  return { instanceArns: [...arns].sort(), kept }
}

/** Whether no other task is left on the instance: those of daemons are there for the others. */
function isLast({ tx }: Turn, { instanceArn, serviceArn }: Task): boolean {
  if (instanceArn === undefined) return true
  return tx
    .where(tasks, "instance", instanceArn)
    .every((task) => task.serviceArn === serviceArn || schedulingOf(tx, task) === "DAEMON")
}

function schedulingOf(tx: Turn["tx"], { serviceArn }: Task): Service["scheduling"] | undefined {
  return serviceArn === undefined ? undefined : tx.get(services, serviceArn)?.scheduling
}
