import { isDeepStrictEqual } from "node:util"
import { assert } from "../../../base/assert.ts"
import type { Turn } from "../../../store/controller.ts"
import { putTask } from "../lifecycle/write.ts"
import { writeDeploymentState } from "../service/event.ts"
import { primaryOf } from "../service/find.ts"
import { type Roster, rosterOf } from "../service/roster.ts"
import type { Recipe } from "../service/start.ts"
import { type Deployment, deployments } from "../tables/deployment.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { type Service, services } from "../tables/service.ts"
import { carryOut } from "./carry-out.ts"
import { countFailures, isTripped } from "./circuit-breaker.ts"
import { complete, retire } from "./complete.ts"
import { mayEnter } from "./gate.ts"
import { healthySince, type Member } from "./member.ts"
import { rebalance } from "./rebalance.ts"
import { recipeOf } from "./recipe.ts"
import { delayRestarts } from "./restart.ts"
import { BREAKER, type Failure, gateFailure, giveUp, STOPPED_BY_USER } from "./rollback.ts"
import { keptSteady } from "./steady.ts"
import { daemonStep, replicaStep, type Step } from "./steps.ts"

/**
 * Brings a service one step closer to what it asks for. Everything is read anew and one bounded step is made, so it does
 * not matter what woke it, how often, or whether the process has started again in between.
 */
export function reconcileDeployment(turn: Turn, service: Service): void {
  const before = primaryOf(turn.tx, service)
  assert(before !== undefined, `${service.arn} has no primary deployment`)
  const recipe = recipeOf(turn, service, before)
  const roster = rosterOf(turn, service, recipe.revision.arn)
  const begun = noteFailures(turn, service, begin(turn, before), roster)
  const balance = rebalance(turn, recipe, begun, roster.members)
  const step = stepOf(turn, { ...recipe, service: balance.service }, begun, roster.members, balance.extra)
  const failure = failureOf(turn, service, begun, step)
  if (failure !== undefined) {
    giveUp(turn, service, begun, failure)
    turn.again()
  } else if (balance.hasActed) {
    // What was just done changes what there is to do.
    replace(turn, before, begun)
    replace(turn, service, balance.service)
    turn.again()
  } else {
    const entered = inStage(turn, begun, step)
    const outcome = carryOut(turn, recipe, entered, step, roster.members)
    for (const time of roster.nextLooks) turn.wakeAt(time)
    settle(
      turn,
      { before, after: outcome.deployment, service, isIdle: outcome.isIdle, balanced: balance.service },
      step,
      roster,
    )
  }
}

function begin(turn: Turn, deployment: Deployment): Deployment {
  if (deployment.status !== "PENDING") return deployment
  const { now } = turn
  const begun: Deployment = { ...deployment, status: "IN_PROGRESS", startedAt: now, updatedAt: now }
  writeDeploymentState(turn, begun)
  return begun
}

/** Counts tasks that have ended by themselves, each once, and lets healthy ones wipe out what was counted. */
function noteFailures(turn: Turn, service: Service, deployment: Deployment, { members, failed }: Roster): Deployment {
  for (const task of failed) putTask(turn, task, { ...task, failureNoted: true })
  const own = failed.filter(({ startedBy }) => startedBy === deployment.id)
  const since = latestHealthy(members)
  const breaker = service.configuration.deploymentCircuitBreaker!
  const counts = countFailures(deployment, { failures: own.length, healthySince: since, now: turn.now }, breaker)
  const isWell = since !== undefined && since > (deployment.failedAt ?? 0)
  const { nextStartAt: _, failure: __, ...rest } = deployment
  return { ...rest, ...counts, ...delayRestarts(isWell ? { failedStarts: 0 } : deployment, own, turn.now) }
}

/** When the last of the target's tasks became healthy. */
function latestHealthy(members: readonly Member[]): number | undefined {
  let latest: number | undefined
  for (const member of members) {
    const time = member.isTarget ? healthySince(member) : undefined
    if (time !== undefined && (latest === undefined || time > latest)) latest = time
  }
  return latest
}

function stepOf(turn: Turn, recipe: Recipe, deployment: Deployment, members: readonly Member[], extra: number): Step {
  const { service } = recipe
  if (service.scheduling === "DAEMON") return daemonStep(turn, recipe, deployment, members)
  return replicaStep(turn, recipe, deployment, members, service.desiredCount + extra)
}

/** Why the deployment is to be given up, if it is. */
function failureOf({ tx }: Turn, service: Service, deployment: Deployment, { stage }: Step): Failure | undefined {
  if (deployment.status === "ROLLBACK_REQUESTED") return STOPPED_BY_USER
  if (deployment.rolloutState !== "IN_PROGRESS") return undefined
  const breaker = service.configuration.deploymentCircuitBreaker!
  if (isTripped(deployment, breaker, service.desiredCount)) return BREAKER
  const verdict = stage === deployment.stage ? "open" : mayEnter(tx, deployment, stage)
  return typeof verdict === "object" ? gateFailure(verdict.failedBecause) : undefined
}

/** The deployment in the stage of its next step, unless a gate is closed. */
function inStage({ tx, now }: Turn, deployment: Deployment, { stage }: Step): Deployment {
  const mayGo =
    stage !== deployment.stage &&
    deployment.rolloutState === "IN_PROGRESS" &&
    mayEnter(tx, deployment, stage) === "open"
  return mayGo ? { ...deployment, stage, stageAt: now } : deployment
}

interface Settlement {
  readonly before: Deployment
  readonly after: Deployment
  readonly service: Service
  readonly balanced: Service

  /** Whether there was nothing to start and nothing to stop. */
  readonly isIdle: boolean
}

/** Writes down what has come of it: whether the deployment is complete, older ones are gone, and the service is steady. */
function settle(
  turn: Turn,
  { before, after, service, balanced, isIdle }: Settlement,
  { isComplete, stage, desiredCount }: Step,
  { members }: Roster,
): void {
  const settled = isIdle && isComplete && after.stage === stage ? complete(turn, service, after) : after
  replace(turn, before, settled)
  const isAlone = retire(turn, service, members)
  const isSteady = isIdle && isAlone && settled.rolloutState === "COMPLETED" && isWhole(members, desiredCount)
  replace(turn, service, keptSteady(turn, { ...balanced, desiredCount }, isSteady))
  noteImages(turn, settled, members)
}

/** Whether there is just what is asked for, and all of it healthy. */
function isWhole(members: readonly Member[], desiredCount: number): boolean {
  return (
    members.length === desiredCount &&
    members.every(({ standing, isTarget, mustLeave }) => standing === "healthy" && isTarget && !mustLeave)
  )
}

/** What the first task found each image to be is part of the revision from then on. */
function noteImages({ tx }: Turn, { revisionArn }: Deployment, members: readonly Member[]): void {
  const revision = tx.mustGet(serviceRevisions, revisionArn)
  if (revision.imageDigests !== undefined) return
  const member = members.find(({ isTarget, task }) => isTarget && task.lastStatus === "RUNNING")
  const found = member?.task.containers.flatMap(({ name, imageDigest }) => (imageDigest ? [[name, imageDigest]] : []))
  if (found?.length) tx.put(serviceRevisions, { ...revision, imageDigests: Object.fromEntries(found) })
}

/** Writes a record only if it has changed: each write would wake the scheduler again. */
function replace<R extends Deployment | Service>({ tx }: Turn, before: R, after: R): void {
  if (isDeepStrictEqual(before, after)) return
  if ("rolloutState" in after) tx.put(deployments, after)
  else tx.put(services, after)
}
