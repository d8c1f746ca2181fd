import type { Call } from "../../../aws/operations.ts"
import { fault, invalid } from "../fault.ts"
import { activeService, type NamedService } from "../service/find.ts"
import type { Cluster } from "../tables/cluster.ts"
import type { Service } from "../tables/service.ts"
import { type TaskSet, taskSets } from "../tables/task-set.ts"

/** The service whose task sets are meant: one whose deployments someone else controls. */
export function externalService(
  call: Call,
  named: NamedService,
): { readonly cluster: Cluster; readonly service: Service } {
  const found = activeService(call, named)
  if (found.service.controller === "EXTERNAL") return found
  throw invalid(
    "Amazon ECS only supports task set management on services configured to use external deployment controllers.",
  )
}

export function taskSetOf(call: Call, service: Service, identifier: string): TaskSet {
  const set = call.tx.get(taskSets, taskSetArn(service, identifier))
  if (set?.serviceArn === service.arn) return set
  throw fault("TaskSetNotFoundException", "The specified task set was not found.")
}

/** By its id, as in `ecs-svc/1234567890123456789`, or by its ARN. */
export function taskSetArn({ arn }: Pick<Service, "arn">, identifier: string): string {
  return identifier.startsWith("arn:") ? identifier : `${arn.replace(":service/", ":task-set/")}/${identifier}`
}
