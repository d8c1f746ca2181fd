import { containerInstances } from "../src/services/ecs/tables/container-instance.ts"
import { type Service, services } from "../src/services/ecs/tables/service.ts"
import { type Task, tasks } from "../src/services/ecs/tables/task.ts"
import type { Tx } from "../src/store/transaction.ts"
import type { Api } from "./api.ts"
import type { Victims } from "./fault/fault.ts"
import { ACCOUNT, POOL_ACCOUNT, REGION } from "./identity.ts"
import { FAIR } from "./network.ts"
import type { User } from "./workload/action.ts"
import { registerDefinition } from "./workload/definitions.ts"
import { MAIN_CLUSTER } from "./workload/known.ts"

/** Ends every fault: paths are whole, machines are up, and the region will be. */
export function endFaults({ network, nodes, appendMs }: Victims): void {
  network.weather = FAIR
  appendMs([1, 3])
  for (const node of nodes) {
    node.path.isCutUp = false
    node.path.isCutDown = false
    node.mend()
    if (node.hasGivenUp) node.replace()
    else node.startAgent()
  }
}

/** Who mends things, in the users' account and in the one that owns the pool. */
export interface Operator extends User {
  readonly poolApi: Api
}

/**
 * What an operator does after a bad day: lets instances work, takes out those that are no more, stops what was started by
 * hand, and gives each service something that can run. Called again and again; what is done already is left alone.
 */
export async function operate(operator: Operator, victims: Victims): Promise<void> {
  const { region, nodes } = victims
  for (const node of nodes) if (node.hasGivenUp) node.replace()
  const look = <T>(account: string, what: (tx: Tx) => T): T | undefined =>
    region.store?.transact(`${account}/${REGION}`, what)

  const present = new Set(nodes.map(({ instanceArn }) => instanceArn))
  for (const [account, api, cluster] of [
    [ACCOUNT, operator.api, MAIN_CLUSTER],
    [POOL_ACCOUNT, operator.poolApi, "fargate"],
  ] as const) {
    for (const { arn, status } of look(account, (tx) => tx.all(containerInstances)) ?? []) {
      if (!present.has(arn) && status !== "INACTIVE") {
        await api.call("DeregisterContainerInstance", { cluster, containerInstance: arn, force: true })
      } else if (present.has(arn) && status === "DRAINING") {
        await api.call("UpdateContainerInstancesState", { cluster, containerInstances: [arn], status: "ACTIVE" })
      }
    }
  }
  for (const task of look(ACCOUNT, (tx) => tx.all(tasks)) ?? []) await closeTask(operator, task)
  for (const service of look(ACCOUNT, (tx) => tx.all(services)) ?? []) await mendService(operator, service)
}

async function closeTask({ api }: Operator, { arn, serviceArn, desiredStatus, protectedUntil }: Task): Promise<void> {
  if (desiredStatus === "STOPPED") return
  if (serviceArn === undefined) await api.call("StopTask", { cluster: MAIN_CLUSTER, task: arn, reason: "closing time" })
  else if (protectedUntil !== undefined) {
    await api.call("UpdateTaskProtection", { cluster: MAIN_CLUSTER, tasks: [arn], protectionEnabled: false })
  }
}

async function mendService(operator: Operator, { arn, status, controller, scheduling }: Service): Promise<void> {
  const { api, known, acknowledged } = operator
  if (status !== "ACTIVE" || known.repaired.has(arn)) return
  acknowledged.note(`count ${arn}`, undefined)
  if (controller === "EXTERNAL") {
    const answer = await api.call("DeleteService", { cluster: MAIN_CLUSTER, service: arn, force: true })
    if (answer.ok === true) known.repaired.add(arn)
    return
  }
  const isFargate = known.services.get(arn)?.isFargate === true
  const definition = known.definitions.findLast((candidate) => candidate.isPlain && candidate.isFargate === isFargate)
  if (definition === undefined) return registerDefinition(operator, "good", { isFargate, plain: true })
  const isDaemon = scheduling === "DAEMON"
  const answer = await api.call("UpdateService", {
    cluster: MAIN_CLUSTER,
    service: arn,
    taskDefinition: definition.arn,
    forceNewDeployment: true,
    ...(!isDaemon && { desiredCount: 2 }),
    deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: isDaemon ? 100 : 200 },
  })
  if (answer.ok === true) known.repaired.add(arn)
}
