import type { Turn } from "../../../store/controller.ts"
import { closestRefusal, placementProblem, type Refusal } from "../placement/explain.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { tellProblem, writeAction } from "../service/event.ts"
import { DEADLOCK, UNABLE_TO_START } from "../service/sentence.ts"
import { type Recipe, requestFor, type Starts } from "../service/start.ts"
import type { Deployment, Obstacle } from "../tables/deployment.ts"
import type { Service } from "../tables/service.ts"
import { explainNoPlace } from "../task/place.ts"
import { unassumable } from "../task/trust.ts"
import type { Member } from "./member.ts"
import { FAILED_STARTS_TOLD, startsAgainAt } from "./restart.ts"
import type { Step } from "./steps.ts"

interface Attempt {
  readonly step: Step
  readonly starts: Starts
  readonly members: readonly Member[]

  /** The ARN of a role that the new tasks cannot have. */
  readonly untrusting: string | undefined
}

/** The deployment with what keeps it from going on, if anything does. */
export function obstacleOf(turn: Turn, recipe: Recipe, deployment: Deployment, attempt: Attempt): Deployment {
  const { blockedBy: before, ...free } = deployment
  const found = problemOf(turn, recipe, deployment, attempt)
  if (found === undefined) return free
  if (found.kind === before?.kind && found.reason === before.reason) {
    return found.isNew ? { ...free, blockedBy: { ...before, at: turn.now } } : deployment
  }
  const { kind, reason } = found
  return { ...free, blockedBy: { kind, reason, since: before?.since ?? turn.now, at: turn.now } }
}

interface Problem extends Pick<Obstacle, "kind" | "reason"> {
  /** Whether it has been worked out just now. */
  readonly isNew?: boolean
}

function problemOf(
  turn: Turn,
  recipe: Recipe,
  deployment: Deployment,
  { step, starts, members, untrusting }: Attempt,
): Problem | undefined {
  const { blockedBy } = deployment
  // What has been given up is held up by nothing any more.
  if (deployment.rolloutState === "FAILED") return undefined
  if (untrusting !== undefined) return { kind: "role", reason: unassumable(untrusting) }
  if (starts.refused !== undefined) return placement(turn, "placement", starts.refused, blockedBy)
  const { failure, failedStarts } = deployment
  if (failure !== undefined && (failedStarts > 0 || startsAgainAt(deployment, turn.now) !== undefined)) {
    return { kind: "failures", reason: `tasks fail to start, the last one because of: ${failure}` }
  }
  const waiting = members.find(({ task, standing }) => standing === "starting" && task.instanceArn === undefined)
  if (waiting !== undefined) {
    return placement(turn, "capacity", requestFor(turn, recipe, waiting.task.capacityProvider), blockedBy)
  }
  return step.obstacle
}

/** Looking at every instance takes a while, so what was found a minute ago is good enough. */
function placement(
  { tx, now }: Turn,
  kind: "placement" | "capacity",
  request: PlacementRequest,
  before: Obstacle | undefined,
): Problem {
  if (before?.kind === kind && now < before.at + EXPLAINED_MS) return before
  return { kind, reason: refusedBecause(explainNoPlace(tx, request), request), isNew: true }
}

const EXPLAINED_MS = 60_000

function refusedBecause(refusals: readonly Refusal[], { launchType }: PlacementRequest): string {
  const closest = closestRefusal(refusals)
  if (closest === undefined) {
    return launchType === "FARGATE"
      ? "there is no FARGATE capacity"
      : "there is no container instance to place a task on"
  }
  const detail = closest.detail === undefined ? "" : ` (${closest.detail})`
  const reasons = [...Map.groupBy(refusals, ({ reason }) => reason)].map(([reason, own]) => `${own.length} ${reason}`)
  const where = launchType === "FARGATE" ? "" : ` the closest, ${closest.instanceArn.split("/").at(-1)}, for`
  return `no container instance can take another task (${reasons.join(", ")});${where} ${closest.reason}${detail}`
}

/** Says what is wrong in AWS's words, and then exactly. */
export function tellObstacle(turn: Turn, service: Service, deployment: Deployment, { refused }: Starts): void {
  const { id, blockedBy, failedStarts } = deployment
  if (blockedBy === undefined) return
  switch (blockedBy.kind) {
    case "placement":
      if (blockedBy.at === turn.now && refused !== undefined) tellNoPlace(turn, service, refused)
      break
    case "capacity":
      tellProblem(turn, service, NO_CAPACITY)
      break
    case "failures":
      if (failedStarts >= FAILED_STARTS_TOLD && tellProblem(turn, service, UNABLE_TO_START)) {
        writeAction(turn, service, "SERVICE_TASK_START_IMPAIRED", { reason: deployment.failure! })
      }
      break
    case "role":
      tellProblem(turn, service, `failed to launch a task with (error ${blockedBy.reason}).`)
      break
    case "bounds":
      tellProblem(turn, service, DEADLOCK)
      break
    case "protection":
      if (tellProblem(turn, service, protectionSentence(id, blockedBy))) {
        writeAction(turn, service, "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION", { reason: blockedBy.reason })
      }
  }
  tellProblem(turn, service, `(deployment ${id}) cannot go on: ${blockedBy.reason}.`)
}

function tellNoPlace(turn: Turn, service: Service, refused: PlacementRequest): void {
  const refusals = explainNoPlace(turn.tx, refused)
  if (!tellProblem(turn, service, placementProblem(refusals))) return
  const closest = closestRefusal(refusals)
  writeAction(turn, service, "SERVICE_TASK_PLACEMENT_FAILURE", {
    reason: closest?.reason ?? "NO ACTIVE INSTANCES",
    ...(closest !== undefined && { containerInstanceArns: [closest.instanceArn] }),
  })
}

function protectionSentence(id: string, { reason }: Obstacle): string {
  return `was unable to reach steady state because (taskSet ${id}) was unable to scale in due to (reason ${reason})`
}

const NO_CAPACITY =
  "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone."
