import type { Action } from "./action.ts"
import { anyOf, oneOf } from "./draw.ts"
import { MAIN_CLUSTER } from "./known.ts"

export const clusterActions: readonly Action[] = [
  {
    name: "create a cluster",
    weight: 1,
    async act({ random, api, known }) {
      const clusterName = `cluster-${oneOf(random, [1, 2, 3])}`
      const answer = await api.call("CreateCluster", { clusterName })
      if (answer.ok === true) known.clusters.add(clusterName)
    },
  },
  {
    name: "delete a cluster",
    weight: 1,
    async act({ random, api, known }) {
      const cluster = anyOf(random, [...known.clusters])
      // The cluster that everything is in is in use, or nearly always.
      if (cluster !== undefined && cluster !== MAIN_CLUSTER) await api.call("DeleteCluster", { cluster })
    },
  },
  {
    name: "look at clusters",
    weight: 1,
    async act({ api, known }) {
      await api.call("ListClusters", {})
      await api.call("DescribeClusters", { clusters: [...known.clusters], include: ["STATISTICS"] })
    },
  },
  {
    name: "give a cluster providers",
    weight: 1,
    async act({ random, api }) {
      await api.call("PutClusterCapacityProviders", {
        cluster: MAIN_CLUSTER,
        capacityProviders: ["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy: random.below(2) === 0 ? [] : [{ capacityProvider: "FARGATE", weight: 1 }],
      })
    },
  },
  {
    name: "change an account setting",
    weight: 1,
    async act({ random, api }) {
      await api.call("PutAccountSetting", { name: "containerInsights", value: oneOf(random, ["enabled", "disabled"]) })
    },
  },
]
