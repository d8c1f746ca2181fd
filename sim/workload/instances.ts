import type { Action, User } from "./action.ts"
import { anyOf, oneOf } from "./draw.ts"
import { MAIN_CLUSTER } from "./known.ts"

export const instanceActions: readonly Action[] = [
  {
    name: "drain an instance, or let it work again",
    weight: 3,
    async act({ random, api, known }) {
      const arn = anInstance(random, known)
      if (arn === undefined) return
      const status = oneOf(random, ["DRAINING", "ACTIVE"] as const)
      await api.call("UpdateContainerInstancesState", { cluster: MAIN_CLUSTER, containerInstances: [arn], status })
    },
  },
  {
    name: "deregister an instance",
    weight: 1,
    async act({ random, api, known }) {
      const arn = anInstance(random, known)
      if (arn === undefined) return
      await api.call("DeregisterContainerInstance", {
        cluster: MAIN_CLUSTER,
        containerInstance: arn,
        force: random.below(3) > 0,
      })
    },
  },
  {
    name: "label an instance",
    weight: 2,
    async act({ random, api, known }) {
      const arn = anInstance(random, known)
      if (arn === undefined) return
      const attributes = [{ name: "rack", value: oneOf(random, ["a", "b"]), targetId: arn }]
      if (random.below(3) === 0) await api.call("DeleteAttributes", { cluster: MAIN_CLUSTER, attributes })
      else await api.call("PutAttributes", { cluster: MAIN_CLUSTER, attributes })
      await api.call("ListAttributes", { cluster: MAIN_CLUSTER, targetType: "container-instance" })
    },
  },
  {
    name: "look at instances",
    weight: 2,
    async act({ random, api }) {
      const filter = oneOf(random, [
        undefined,
        "agentConnected == true",
        "attribute:tier == gold and runningTasksCount < 3",
      ])
      const answer = await api.call("ListContainerInstances", { cluster: MAIN_CLUSTER, ...(filter && { filter }) })
      if (answer.ok !== true || (answer.output.containerInstanceArns ?? []).length === 0) return
      await api.call("DescribeContainerInstances", {
        cluster: MAIN_CLUSTER,
        containerInstances: answer.output.containerInstanceArns,
      })
    },
  },
]

/** One of the machines that the cluster's users see. */
function anInstance(random: User["random"], known: User["known"]): string | undefined {
  const own = known.nodes.filter(({ properties }) => !properties.isPool)
  return anyOf(random, own)?.instanceArn
}
