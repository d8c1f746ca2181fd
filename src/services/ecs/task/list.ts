import type { DesiredStatus, ListTasksRequest } from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import type { ListOptions } from "../../../store/transaction.ts"
import { instanceArn } from "../container-instance/find.ts"
import { fault, invalid, notYet } from "../fault.ts"
import { serviceArn } from "../names.ts"
import { serviceIn } from "../service/find.ts"
import type { Cluster } from "../tables/cluster.ts"
import { type Task, tasks } from "../tables/task.ts"

/** Which tasks of a cluster a caller wants listed: those under one value of an index that pass a test. */
export interface TaskFilter {
  readonly where: NonNullable<ListOptions<"clusterDesired" | "service" | "instance" | "startedBy" | "family">["where"]>
  readonly holds: (task: Task) => boolean
}

/** All that is asked for must hold; the narrowest of it is what is looked up. */
export function taskFilter(call: Call, cluster: Cluster, input: ListTasksRequest): TaskFilter {
  const { desiredStatus = "RUNNING", launchType, family, startedBy } = input
  if (input.daemonName !== undefined) throw notYet("daemons (daemonName)")
  if (!DESIRED.includes(desiredStatus)) throw invalid(`desiredStatus should be one of [${DESIRED.join(",")}]`)
  if (startedBy !== undefined && [family, launchType, input.serviceName, input.containerInstance].some(Boolean)) {
    throw invalid("startedBy can not be combined with other filters.")
  }
  const service = input.serviceName === undefined ? undefined : serviceOf(call, cluster, input.serviceName)
  const instance = input.containerInstance && instanceArn(call, cluster.arn, input.containerInstance)
  return {
    where: narrowest(cluster, { desiredStatus, family, startedBy, service, instance }),
    holds: (task) =>
      task.clusterArn === cluster.arn &&
      task.desiredStatus === desiredStatus &&
      (launchType === undefined || task.launchType === launchType) &&
      (family === undefined || task.family === family) &&
      (service === undefined || task.serviceArn === service) &&
      // Where a FARGATE task runs is not shown, so it cannot be asked for either.
      (!instance || (task.instanceArn === instance && task.launchType !== "FARGATE")),
  }
}

/** Up to `limit` tasks behind a position, in the order of their ids. */
export function filteredTasks(
  { tx }: Call,
  { where, holds }: TaskFilter,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): readonly Task[] {
  const found: Task[] = []
  let position = after
  while (found.length < limit) {
    const some = tx.list(tasks, { where, after: position, limit: LOOKED_AT })
    found.push(...some.filter(holds))
    if (some.length < LOOKED_AT) break
    position = some.at(-1)!.arn
  }
  return found.slice(0, limit)
}

interface Named {
  readonly desiredStatus: DesiredStatus
  readonly family: string | undefined
  readonly startedBy: string | undefined
  readonly service: string | undefined
  readonly instance: string | undefined
}

function narrowest({ arn }: Cluster, { desiredStatus, family, startedBy, service, instance }: Named) {
  if (startedBy) return ["startedBy", `${arn} ${startedBy}`] as const
  // A task that is STOPPED is no longer found by its instance.
  if (instance && desiredStatus === "RUNNING") return ["instance", instance] as const
  if (service !== undefined) return ["service", service] as const
  if (family !== undefined) return ["family", `${arn} ${family} ${desiredStatus}`] as const
  return ["clusterDesired", `${arn} ${desiredStatus}`] as const
}

function serviceOf(call: Call, cluster: Cluster, identifier: string): string {
  const service = serviceIn(call, cluster, serviceArn(call, cluster.arn, identifier))
  if (service === undefined) throw fault("ServiceNotFoundException", "Service not found.")
  return service.arn
}

/** ECS wants no task to be PENDING, so nothing is found under that. */
const DESIRED: readonly string[] = ["PENDING", "RUNNING", "STOPPED"]
const LOOKED_AT = 200
