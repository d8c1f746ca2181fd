import type { Action } from "./action.ts"
import { anyOf, between } from "./draw.ts"
import { MAIN_CLUSTER } from "./known.ts"

export const taskSetActions: readonly Action[] = [
  {
    name: "create a task set",
    weight: 2,
    async act({ random, api, known }) {
      const service = anyOf(
        random,
        known.living().filter(({ isExternal }) => isExternal),
      )
      const definition = anyOf(
        random,
        known.definitions.filter(({ isDeregistered }) => !isDeregistered),
      )
      if (service === undefined || definition === undefined) return
      const answer = await api.call("CreateTaskSet", {
        cluster: MAIN_CLUSTER,
        service: service.arn,
        taskDefinition: definition.arn,
        launchType: definition.isFargate ? "FARGATE" : "EC2",
        ...(definition.isFargate && { networkConfiguration: known.network() }),
        scale: { unit: "PERCENT", value: between(random, 0, 100) },
        clientToken: `set-${known.next()}`,
      })
      if (answer.ok === true) service.taskSets.push(answer.output.taskSet!.taskSetArn!)
    },
  },
  {
    name: "change a task set",
    weight: 2,
    async act({ random, api, known }) {
      const service = anyOf(
        random,
        known.living().filter(({ taskSets }) => taskSets.length > 0),
      )
      const taskSet = service && anyOf(random, service.taskSets)
      if (service === undefined || taskSet === undefined) return
      const named = { cluster: MAIN_CLUSTER, service: service.arn }
      switch (random.below(4)) {
        case 0:
          await api.call("UpdateServicePrimaryTaskSet", { ...named, primaryTaskSet: taskSet })
          return
        case 1:
          await api.call("DeleteTaskSet", { ...named, taskSet, force: random.below(2) === 0 })
          return
        default:
          await api.call("UpdateTaskSet", {
            ...named,
            taskSet,
            scale: { unit: "PERCENT", value: between(random, 0, 100) },
          })
      }
    },
  },
]
