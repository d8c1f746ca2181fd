import { type Deployment, deployments } from "../../src/services/ecs/tables/deployment.ts"
import { type Service, services } from "../../src/services/ecs/tables/service.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import { taskDefinitionKey, taskDefinitions } from "../../src/services/ecs/tables/task-definition.ts"
import type { Tx } from "../../src/store/transaction.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

const isWanted = ({ desiredStatus }: Task) => desiredStatus === "RUNNING"

export const withinMaximum: Invariant = {
  name: "a service never starts more than maximumPercent has room for",
  changed({ table, scope, before, after }, { read, breach }) {
    const task = after as Task | undefined
    if (table !== tasks || before !== undefined || task?.serviceArn === undefined || task.taskSetArn !== undefined)
      return
    read(scope, (tx) => {
      const service = tx.get(services, task.serviceArn!)
      if (service === undefined) return breach(`${shortArn(task.arn)} is started for a service that is not there`)
      if (service.status !== "ACTIVE")
        return breach(`${shortArn(task.arn)} is started for a service that is ${service.status}`)
      if (service.scheduling !== "REPLICA") return
      const { maximumPercent = 200 } = service.configuration
      // A task that moves to another zone may come before the one whose place it takes has gone.
      const spare = service.rebalancing === undefined ? 0 : 1
      const countMax = Math.max(Math.floor((service.desiredCount * maximumPercent) / 100), service.desiredCount) + spare
      const wanted = tx.where(tasks, "service", service.arn).filter(isWanted).length
      if (wanted > countMax) breach(`${service.name} has ${wanted} tasks where ${countMax} may be`)
    })
  },
}

/** Which tasks of a service carry its load: running and, where their health is asked for, found to be well. */
function healthy(tx: Tx, { arn }: Service): Task[] {
  return tx.where(tasks, "service", arn).filter((task) => isWanted(task) && isHealthy(tx, task))
}

function isHealthy(tx: Tx, { lastStatus, health, family, definitionArn }: Task): boolean {
  if (lastStatus !== "RUNNING") return false
  const revision = Number(definitionArn.slice(definitionArn.lastIndexOf(":") + 1))
  const definition = tx.get(taskDefinitions, taskDefinitionKey(family, revision))?.definition
  const isAsked = definition?.containerDefinitions?.some(({ healthCheck }) => healthCheck !== undefined)
  return health === "HEALTHY" || (health === "UNKNOWN" && isAsked !== true)
}

export const aboveMinimum: Invariant = {
  name: "a service's scheduler never stops more than minimumHealthyPercent has to spare",
  changed({ table, scope, before, after }, { read, breach }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (was === undefined || is?.serviceArn === undefined || is.taskSetArn !== undefined) return
    if (!isWanted(was) || isWanted(is) || is.stopCode !== "ServiceSchedulerInitiated") return
    read(scope, (tx) => {
      if (!isHealthy(tx, was)) return
      const service = tx.get(services, is.serviceArn!)
      if (service?.status !== "ACTIVE" || service.scheduling !== "REPLICA") return
      const { minimumHealthyPercent = 100 } = service.configuration
      const healthyMin = Math.ceil((service.desiredCount * minimumHealthyPercent) / 100)
      const left = healthy(tx, service).length
      if (left < healthyMin) breach(`${service.name} is left with ${left} healthy tasks where ${healthyMin} must stay`)
    })
  },
}

export const protectedStay: Invariant = {
  name: "a service's scheduler leaves protected tasks alone",
  changed({ table, scope, before, after }, { read, breach, now }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (was === undefined || is?.serviceArn === undefined || !isWanted(was) || isWanted(is)) return
    if (is.stopCode !== "ServiceSchedulerInitiated" || (was.protectedUntil ?? 0) <= now()) return
    if (was.health === "UNHEALTHY") return
    const service = read(scope, (tx) => tx.get(services, is.serviceArn!))
    if (service?.status === "ACTIVE") breach(`${shortArn(is.arn)} is protected, and stopped: ${is.stoppedReason}`)
  },
}

export const oneDaemonEach: Invariant = {
  name: "a daemon has one task on each instance",
  changed({ table, scope, before, after }, { read, breach }) {
    const task = after as Task | undefined
    if (table !== tasks || before !== undefined || task?.serviceArn === undefined) return
    read(scope, (tx) => {
      const service = tx.get(services, task.serviceArn!)
      if (service?.scheduling !== "DAEMON") return
      const beside = tx
        .where(tasks, "service", service.arn)
        .filter((other) => isWanted(other) && other.instanceArn === task.instanceArn)
      const { maximumPercent = 100 } = service.configuration
      const countMax = Math.max(1, Math.floor(maximumPercent / 100))
      if (beside.length > countMax)
        breach(`${service.name} wants ${beside.length} tasks on ${shortArn(task.instanceArn ?? "")}`)
    })
  },
}

export const onePrimary: Invariant = {
  name: "a service has one deployment that leads",
  changed({ table, scope, after }, { read, breach }) {
    if (table !== services && table !== deployments) return
    if (after === undefined) return
    const arn = table === services ? (after as Service).arn : (after as Deployment).serviceArn
    read(scope, (tx) => {
      const service = tx.get(services, arn)
      if (service === undefined || service.status !== "ACTIVE" || service.controller !== "ECS") return
      const primary = tx.where(deployments, "serviceRole", `${arn} PRIMARY`)
      if (primary.length !== 1) breach(`${service.name} has ${primary.length} PRIMARY deployments`)
      else if (primary[0]!.revisionArn !== service.revisionArn)
        breach(`${service.name} and its deployment lead to different revisions`)
    })
  },
}

const ROLES: readonly Deployment["role"][] = ["PRIMARY", "ACTIVE", "DRAINING", "INACTIVE"]

export const deploymentsMoveOn: Invariant = {
  name: "a deployment never takes back what it was",
  changed({ table, scope, before, after }, { read, breach }) {
    if (table !== deployments || before === undefined || after === undefined) return
    const [was, is] = [before as Deployment, after as Deployment]
    if (was.revisionArn !== is.revisionArn) breach(`${is.id} changes its revision`)
    // What another deployment rolls back to begins once more.
    const isRolledBackTo = read(scope, (tx) =>
      tx.where(deployments, "service", is.serviceArn).some(({ rollback }) => rollback?.revisionArn === is.revisionArn),
    )
    if (isRolledBackTo) return
    if (ROLES.indexOf(is.role) < ROLES.indexOf(was.role)) breach(`${is.id} goes from ${was.role} back to ${is.role}`)
    if (was.finishedAt !== undefined && is.finishedAt !== was.finishedAt) breach(`${is.id} finishes twice`)
    if (was.rolloutState === "COMPLETED" && is.rolloutState !== "COMPLETED")
      breach(`${is.id} is ${is.rolloutState} after all`)
  },
}
