import { assert } from "../../../base/assert.ts"
import type { Turn } from "../../../store/controller.ts"
import { shownDeployments } from "../service/find.ts"
import { type Recipe, type Starts, startTasks } from "../service/start.ts"
import { clusters } from "../tables/cluster.ts"
import type { Deployment } from "../tables/deployment.ts"
import { serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import type { Task } from "../tables/task.ts"
import { definitionByArn } from "../task-definition/find.ts"
import type { Plan } from "./strategy.ts"

/** What a deployment's tasks are made from. */
export function recipeOf(
  { tx }: Pick<Turn, "tx">,
  service: Service,
  { id, revisionArn }: Pick<Deployment, "id" | "revisionArn">,
): Recipe {
  const revision = tx.mustGet(serviceRevisions, revisionArn)
  const definition = definitionByArn(tx, revision.definitionArn)
  assert(definition !== undefined, `${revision.arn} has lost its task definition`)
  return { service, cluster: tx.mustGet(clusters, service.clusterArn), revision, definition, startedBy: id }
}

/**
 * Starts what a plan asks for of each revision, up to `countMax` tasks in all. A task belongs to the deployment that led
 * to its revision. That there is no place for those of one revision is no reason not to start those of another.
 */
export function startPlanned(
  turn: Turn,
  recipe: Recipe,
  wanted: Plan["start"],
  countMax: number,
  present: readonly Task[],
): Starts {
  const started: Task[] = []
  let refused: Starts["refused"]
  for (const { revisionArn, count } of wanted) {
    const own = revisionArn === recipe.revision.arn ? recipe : recipeOfRevision(turn, recipe, revisionArn)
    const starts = startTasks(turn, own, Math.min(count, countMax - started.length), [...present, ...started])
    started.push(...starts.started)
    refused ??= starts.refused
  }
  return { started, ...(refused !== undefined && { refused }) }
}

function recipeOfRevision(turn: Turn, { service, startedBy }: Recipe, revisionArn: string): Recipe {
  const own = shownDeployments(turn.tx, service).find((deployment) => deployment.revisionArn === revisionArn)
  return recipeOf(turn, service, { id: own?.id ?? startedBy, revisionArn })
}
