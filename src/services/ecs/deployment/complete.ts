import type { Turn } from "../../../store/controller.ts"
import { tell, writeDeploymentState } from "../service/event.ts"
import { shownDeployments } from "../service/find.ts"
import { completed } from "../service/sentence.ts"
import { type Deployment, deployments } from "../tables/deployment.ts"
import { serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import { ended } from "./begin.ts"
import type { Member } from "./member.ts"

/** Says that a deployment has come to its end; one that it was a way back from has come back. */
export function complete(turn: Turn, service: Service, deployment: Deployment): Deployment {
  if (deployment.rolloutState !== "IN_PROGRESS") return deployment
  const { tx, now } = turn
  const done: Deployment = {
    ...deployment,
    status: "SUCCESSFUL",
    rolloutState: "COMPLETED",
    rolloutReason: completed(deployment.id),
    breaker: ended(deployment.breaker),
    updatedAt: now,
    finishedAt: deployment.finishedAt ?? now,
    completedAt: now,
  }
  for (const older of shownDeployments(tx, service)) {
    if (older.status !== "ROLLBACK_IN_PROGRESS") continue
    tx.put(deployments, { ...older, status: "ROLLBACK_SUCCESSFUL", finishedAt: now, updatedAt: now })
  }
  tell(turn, service, `(deployment ${deployment.id}) deployment completed.`)
  writeDeploymentState(turn, done)
  return done
}

/** Takes older deployments off the list once their last task is gone; whether only the newest is left. */
export function retire({ tx, now }: Turn, service: Service, members: readonly Member[]): boolean {
  const owners = new Set(members.map(({ task }) => task.startedBy))
  let isAlone = true
  for (const deployment of shownDeployments(tx, service)) {
    if (deployment.role === "PRIMARY") continue
    // While it is being rolled back it is still under way, though it may have no task any more.
    if (owners.has(deployment.id) || deployment.status === "ROLLBACK_IN_PROGRESS") {
      isAlone = false
      continue
    }
    const until = now + HISTORY_MS
    tx.put(deployments, { ...deployment, role: "INACTIVE", updatedAt: now, until })
    const revision = tx.get(serviceRevisions, deployment.revisionArn)
    if (revision !== undefined) tx.put(serviceRevisions, { ...revision, until })
  }
  return isAlone
}

/** As long as AWS shows what has been. */
export const HISTORY_MS = 90 * 24 * 60 * 60 * 1000
