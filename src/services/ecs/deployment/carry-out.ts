import type { Turn } from "../../../store/controller.ts"
import { tell, writeAction } from "../service/event.ts"
import { taskList } from "../service/sentence.ts"
import type { Recipe, Starts } from "../service/start.ts"
import { STOPS_PER_TURN, stopMembers } from "../service/stop.ts"
import type { Deployment } from "../tables/deployment.ts"
import type { Service } from "../tables/service.ts"
import { untrustingRole } from "../task/trust.ts"
import type { Member } from "./member.ts"
import { obstacleOf, tellObstacle } from "./obstacle.ts"
import { startsAgainAt } from "./restart.ts"
import type { Step } from "./steps.ts"

export interface Outcome {
  readonly deployment: Deployment

  /** Whether there was nothing to start and nothing to stop. */
  readonly isIdle: boolean
}

/** Starts and stops as much of a step as one turn may, tells of it, and notes what was in the way. */
export function carryOut(
  turn: Turn,
  recipe: Recipe,
  deployment: Deployment,
  step: Step,
  members: readonly Member[],
): Outcome {
  const { service } = recipe
  const stop = step.stop.slice(0, STOPS_PER_TURN)
  stopMembers(turn, service, stop, `deployment ${deployment.id}`)
  const untrusting = step.startCount > 0 ? untrustingRole(turn.tx, recipe.definition.definition) : undefined
  const starts = untrusting === undefined ? startSome(turn, deployment, step) : { started: [] }
  tellStarted(turn, service, starts, members)
  if (step.violated?.length) {
    writeAction(turn, service, "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED", { containerInstanceArns: step.violated })
  }

  const replaced = stop.filter(({ because, member }) => because === "unhealthy" && member.isTarget).length
  const { failedTasks } = deployment
  const counted =
    replaced === 0 ? deployment : { ...deployment, failedTasks: failedTasks + replaced, failedAt: turn.now }
  const after = obstacleOf(turn, recipe, counted, { step, starts, members, untrusting })
  tellObstacle(turn, service, after, starts)

  for (const time of [step.nextLook, nextAttempt(turn, after, step, starts)]) if (time !== undefined) turn.wakeAt(time)
  return { deployment: after, isIdle: stop.length === 0 && step.startCount === 0 }
}

function startSome({ now }: Turn, deployment: Deployment, step: Step): Starts {
  const mayStart = step.startCount > 0 && startsAgainAt(deployment, now) === undefined
  return mayStart ? step.start(STARTS_PER_TURN) : { started: [] }
}

function tellStarted(turn: Turn, service: Service, { started }: Starts, members: readonly Member[]): void {
  if (started.length === 0) return
  const unhealthy = members.filter(({ standing, isTarget }) => standing === "unhealthy" && isTarget).length
  const replaced = Math.min(unhealthy, started.length)
  const why = replaced > 0 ? ` Amazon ECS replaced ${replaced} tasks due to an unhealthy status.` : ""
  tell(turn, service, `has started ${started.length} tasks: ${taskList(started)}.${why}`)
  writeAction(turn, service, "TASKS_STARTED", { taskArns: started.map(({ arn }) => arn) })
}

/** When to try again what could not be done now. */
function nextAttempt({ now }: Turn, deployment: Deployment, step: Step, { refused }: Starts): number | undefined {
  const later = step.startCount > 0 ? startsAgainAt(deployment, now) : undefined
  const isHeldUp = refused !== undefined || step.obstacle !== undefined || deployment.blockedBy?.kind === "role"
  return later ?? (isHeldUp ? now + AGAIN_MS : undefined)
}

/** A bounded piece of work: each task that starts or stops wakes the service again, behind everyone else who waits. */
const STARTS_PER_TURN = 50

/** Room may come from a task of someone else's that ends, and trust from IAM, of which nobody tells this service. */
const AGAIN_MS = 10_000
