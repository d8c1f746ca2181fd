import type { Turn } from "../../../store/controller.ts"
import { deployments } from "../tables/deployment.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { type Service, serviceReviews, services } from "../tables/service.ts"
import type { Task } from "../tables/task.ts"
import { taskSets } from "../tables/task-set.ts"
import { forgetTags } from "../tag.ts"
import { rosterOf } from "./roster.ts"
import { STOPS_PER_TURN, stopMembers } from "./stop.ts"

/** Takes a deleted service down: its tasks first, then what it has been, then itself. */
export function drainService(turn: Turn, service: Service): void {
  const { members } = rosterOf(turn, service, undefined)
  const wanted = members.filter(({ standing }) => standing !== "stopping").slice(0, STOPS_PER_TURN)
  const byStarter = Map.groupBy(wanted, ({ task }) => starterOf(task))
  for (const [starter, own] of byStarter) {
    stopMembers(
      turn,
      service,
      own.map((member) => ({ member, because: "scaling" })),
      starter,
    )
  }
  if (wanted.length === STOPS_PER_TURN) turn.again()
  if (members.length > 0) return
  if (forgetHistory(turn, service)) turn.again()
  else end(turn, service)
}

function end(turn: Turn, service: Service): void {
  const { tx, now } = turn
  const gone: Service = { ...service, status: "INACTIVE", deletedAt: now }
  const until = services.retention!.until(gone)!
  tx.put(services, gone)
  tx.delete(serviceReviews, service.arn)
  forgetTags(tx, service.arn, until)
  // What it ran last is shown as long as the service is.
  const revision = service.revisionArn === undefined ? undefined : tx.get(serviceRevisions, service.revisionArn)
  if (revision !== undefined) tx.put(serviceRevisions, { ...revision, until })
}

/** Forgets some of what the service has been; whether there is more. */
function forgetHistory({ tx, now }: Turn, { arn, revisionArn }: Service): boolean {
  const limit = FORGOTTEN_PER_TURN
  const past = tx.list(deployments, { where: ["service", arn], limit })
  for (const deployment of past) tx.delete(deployments, deployment.arn)
  const revisions = tx.list(serviceRevisions, { where: ["service", arn], limit })
  for (const revision of revisions) if (revision.arn !== revisionArn) tx.delete(serviceRevisions, revision.arn)
  for (const set of tx.where(taskSets, "service", arn)) {
    tx.delete(taskSets, set.arn)
    forgetTags(tx, set.arn, now)
  }
  return past.length === limit || revisions.length === limit
}

function starterOf({ startedBy, taskSetArn }: Task): string {
  return taskSetArn === undefined ? `deployment ${startedBy}` : `taskSet ${startedBy}`
}

const FORGOTTEN_PER_TURN = 100
