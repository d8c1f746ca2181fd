import { isDeepStrictEqual } from "node:util"
import type { Turn } from "../../../store/controller.ts"
import { boundsOf } from "../deployment/bounds.ts"
import { HISTORY_MS } from "../deployment/complete.ts"
import type { Member } from "../deployment/member.ts"
import { planRolling } from "../deployment/plan.ts"
import { recipeOf } from "../deployment/recipe.ts"
import { delayRestarts, FAILED_STARTS_TOLD, startsAgainAt } from "../deployment/restart.ts"
import { putTask } from "../lifecycle/write.ts"
import { closestRefusal, placementProblem } from "../placement/explain.ts"
import { tell, tellProblem, writeAction } from "../service/event.ts"
import { rosterOf } from "../service/roster.ts"
import { taskList, UNABLE_TO_START } from "../service/sentence.ts"
import { type Starts, startTasks } from "../service/start.ts"
import { chooser, STOPS_PER_TURN, stopMembers } from "../service/stop.ts"
import { serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import { type TaskSet, taskSets } from "../tables/task-set.ts"
import { forgetTags } from "../tag.ts"
import { explainNoPlace } from "../task/place.ts"
import { taskSetsOf, wantedCount } from "./describe.ts"

/** Brings each task set of a service one step closer to its share of the service's count. */
export function reconcileTaskSets(turn: Turn, service: Service): void {
  for (const set of taskSetsOf(turn.tx, service)) reconcileTaskSet(turn, service, set)
}

function reconcileTaskSet(turn: Turn, service: Service, before: TaskSet): void {
  const { tx, now } = turn
  const roster = rosterOf(turn, service, before.revisionArn, (task) => task.taskSetArn === before.arn)
  if (before.status === "DRAINING" && roster.members.length === 0) {
    remove(turn, before)
    return
  }

  const set = noteFailures(turn, before, roster)
  const recipe = { ...recipeOf(turn, service, set), taskSetArn: set.arn }
  const named = { ...service, name: `${service.name}, taskSet ${set.id}` }
  const desiredCount = wantedCount(service, set)
  const { healthyMin } = boundsOf(desiredCount, service.configuration)
  const plan = planRolling({
    now,
    targetArn: set.revisionArn,
    desiredCount,
    // Who controls the task sets says how many there are: AWS has no upper bound here.
    bounds: { healthyMin, countMax: Number.POSITIVE_INFINITY },
    configuration: service.configuration,
    members: roster.members,
    stage: "CLEAN_UP",
    stageAt: set.createdAt,
    hasFailed: false,
    isCrowded: false,
    choose: chooser(turn, service, recipe.revision),
  })
  const stop = plan.stop.slice(0, STOPS_PER_TURN)
  stopMembers(turn, named, stop, `taskSet ${set.id}`)

  const missing = plan.start.reduce((sum, { count }) => sum + count, 0)
  const startsAt = startsAgainAt(set, now)
  const mayStart = startsAt === undefined
  const present = roster.members.filter(({ standing }) => standing !== "stopping").map(({ task }) => task)
  const starts: Starts = mayStart
    ? startTasks(turn, recipe, Math.min(missing, STARTS_PER_TURN), present)
    : { started: [] }
  tellStarts(turn, named, set, starts)

  const after = withStability(turn, named, set, roster.members, desiredCount)
  if (!isDeepStrictEqual(before, after)) tx.put(taskSets, after)
  for (const time of roster.nextLooks) turn.wakeAt(time)
  if (missing > 0 && !mayStart) turn.wakeAt(startsAt)
  if (starts.refused !== undefined) turn.wakeAt(now + PLACE_AGAIN_MS)
}

function noteFailures(turn: Turn, set: TaskSet, { failed, members }: ReturnType<typeof rosterOf>): TaskSet {
  for (const task of failed) putTask(turn, task, { ...task, failureNoted: true })
  if (failed.length === 0 && set.failedStarts > 0 && members.some(({ standing }) => standing === "healthy")) {
    const { nextStartAt: _, failure: __, ...rest } = set
    return { ...rest, failedStarts: 0 }
  }
  return { ...set, ...delayRestarts(set, failed, turn.now) }
}

function tellStarts(turn: Turn, named: Service, set: TaskSet, { started, refused }: Starts): void {
  if (started.length > 0) {
    tell(turn, named, `has started ${started.length} tasks: ${taskList(started)}.`)
    writeAction(turn, named, "TASKS_STARTED", { taskArns: started.map(({ arn }) => arn), taskSetArns: [set.arn] })
  }
  if (refused !== undefined) {
    const refusals = explainNoPlace(turn.tx, refused)
    if (tellProblem(turn, named, placementProblem(refusals))) {
      const reason = closestRefusal(refusals)?.reason ?? "NO ACTIVE INSTANCES"
      writeAction(turn, named, "SERVICE_TASK_PLACEMENT_FAILURE", { reason, taskSetArns: [set.arn] })
    }
  }
  if (set.failedStarts >= FAILED_STARTS_TOLD && tellProblem(turn, named, UNABLE_TO_START)) {
    writeAction(turn, named, "SERVICE_TASK_START_IMPAIRED", { taskSetArns: [set.arn] })
  }
}

function withStability(
  turn: Turn,
  named: Service,
  set: TaskSet,
  members: readonly Member[],
  desiredCount: number,
): TaskSet {
  const isSteady = members.length === desiredCount && members.every(({ standing }) => standing === "healthy")
  const stability = isSteady ? "STEADY_STATE" : "STABILIZING"
  if (stability === set.stability) return set
  if (isSteady) {
    tell(turn, named, "has reached a steady state.")
    writeAction(turn, named, "TASKSET_STEADY_STATE", { taskSetArns: [set.arn] })
  }
  return { ...set, stability, stabilityAt: turn.now }
}

function remove({ tx, now }: Turn, set: TaskSet): void {
  tx.delete(taskSets, set.arn)
  forgetTags(tx, set.arn, now)
  const revision = tx.get(serviceRevisions, set.revisionArn)
  if (revision !== undefined) tx.put(serviceRevisions, { ...revision, until: now + HISTORY_MS })
}

const STARTS_PER_TURN = 50
const PLACE_AGAIN_MS = 10_000
