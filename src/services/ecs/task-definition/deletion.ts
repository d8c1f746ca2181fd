import { controller, on } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { services } from "../tables/service.ts"
import { resourceTags } from "../tables/tag.ts"
import { tasks } from "../tables/task.ts"
import { taskDefinitions } from "../tables/task-definition.ts"
import { definitionByArn } from "./find.ts"

/** Forgets a task definition whose deletion was asked for, once nothing runs it and no service could come back to it. */
export const taskDefinitionDeletion = controller({
  name: "ecs/task-definition-deletion",
  wakes: [
    on(taskDefinitions, ({ status, arn }) => (status === "DELETE_IN_PROGRESS" ? arn : undefined)),
    on(tasks, ({ lastStatus, definitionArn }) => (lastStatus === "STOPPED" ? definitionArn : undefined)),
    on(serviceRevisions, ({ definitionArn }) => definitionArn),
    on(services, ({ status, arn }) => (status === "INACTIVE" ? arn : undefined)),
  ],

  reconcile({ tx }, arn) {
    // A service that has ended gives up the definitions of all its revisions.
    const revisions = tx.where(serviceRevisions, "service", arn)
    const arns = revisions.length === 0 ? [arn] : new Set(revisions.map(({ definitionArn }) => definitionArn))
    for (const definitionArn of arns) removeUnused(tx, definitionArn)
  },
})

function removeUnused(tx: Tx, arn: string): void {
  const definition = definitionByArn(tx, arn)
  if (definition?.status !== "DELETE_IN_PROGRESS" || isUsed(tx, arn)) return
  tx.delete(taskDefinitions, taskDefinitions.key(definition))
  tx.delete(resourceTags, arn)
}

function isUsed(tx: Tx, arn: string): boolean {
  if (tx.some(tasks, "definition", arn)) return true
  return tx.where(serviceRevisions, "definition", arn).some(({ serviceArn }) => {
    const service = tx.get(services, serviceArn)
    return service !== undefined && service.status !== "INACTIVE"
  })
}
