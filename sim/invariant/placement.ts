import { poolScope } from "../../src/services/ecs/pool.ts"
import { containerInstances } from "../../src/services/ecs/tables/container-instance.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import { taskDefinitionKey, taskDefinitions } from "../../src/services/ecs/tables/task-definition.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

export const placedWhereItMay: Invariant = {
  name: "a task is placed only where it may run",
  changed({ table, scope, before, after }, { read, breach }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (is?.instanceArn === undefined || was?.instanceArn !== undefined) return
    const { instanceArn, arn } = is
    const at = is.launchType === "FARGATE" ? poolScope(scope) : scope
    const instance = read(at, (tx) => tx.get(containerInstances, instanceArn))
    if (instance === undefined) return breach(`${shortArn(arn)} is placed on an instance that is not there`)
    if (instance.status !== "ACTIVE") breach(`${shortArn(arn)} is placed on an instance that is ${instance.status}`)
    if (!instance.agentConnected) breach(`${shortArn(arn)} is placed on an instance whose agent is away`)
    if (is.launchType !== "FARGATE" && instance.clusterArn !== is.clusterArn) {
      breach(`${shortArn(arn)} is placed on an instance of another cluster`)
    }
    const revision = Number(is.definitionArn.slice(is.definitionArn.lastIndexOf(":") + 1))
    const definition = read(scope, (tx) => tx.get(taskDefinitions, taskDefinitionKey(is.family, revision)))
    for (const { name, value } of definition?.definition.requiresAttributes ?? []) {
      const has = instance.attributes.some(
        (attribute) => attribute.name === name && (!value || attribute.value === value),
      )
      if (!has) breach(`${shortArn(arn)} is placed on an instance without ${name}`)
    }
  },
}

export const goneHoldNothing: Invariant = {
  name: "an instance that is gone holds no task for long",
  whole({ read, scopes, breach, now }) {
    for (const scope of scopes) {
      read(scope, (tx) => {
        for (const { arn, status, deregisteredAt = 0 } of tx.all(containerInstances)) {
          if (status !== "INACTIVE" || now() < deregisteredAt + SOON_MS) continue
          const held = tx.where(tasks, "instance", arn)
          if (held.length > 0) breach(`${shortArn(held[0]!.arn)} is ${held[0]!.lastStatus} on an instance that is gone`)
        }
      })
    }
  },
}

/** The clock may have jumped; what is ended by a controller is ended in moments. */
const SOON_MS = 3 * 60 * 60 * 1000
