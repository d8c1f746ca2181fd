import type * as sdk from "@aws-sdk/client-ecs"
import { arnOf } from "../../../aws/arn.ts"
import type { Call, Operations } from "../../../aws/operations.ts"
import { newHex } from "../../../world/ids.ts"
import { activeCluster } from "../cluster.ts"
import { fault, invalid } from "../fault.ts"
import { clusterArn, memberArn } from "../names.ts"
import { permitMaking } from "../permit.ts"
import { isPool, POOL_CLUSTER } from "../pool.ts"
import { type Cluster, clusters } from "../tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { addToTags, checkedTags, tagsOf } from "../tag.ts"
import { describeInstance } from "./detail.ts"
import { instanceArn } from "./find.ts"
import { type Registration, readRegistration, reregistered, withAttributes } from "./registration.ts"
import { putInstance } from "./write.ts"

/** What agents, and only they, call. */
export const agentOperations = {
  RegisterContainerInstance(call, input: sdk.RegisterContainerInstanceRequest & Unpublished) {
    const arn = clusterArn(call, input.cluster || "default")
    const tags = checkedTags(input.tags)
    permitMaking(call, { on: arn, arn: memberArn(call, "container-instance", arn, "*"), tags })
    openPool(call, arn)
    // An agent that was told of no cluster makes `default` itself when it hears that there is none.
    const cluster = activeCluster(call, arn)
    const registration = readRegistration(input, call.region)

    const before = registeredBefore(call, cluster, input)
    const after =
      before === undefined
        ? newInstance(call, cluster, registration, input.clientToken)
        : reregistered(before, registration)
    const instance = putInstance(call, before, withAttributes(after, after.attributes))
    addToTags(call.tx, instance.arn, tags)
    return {
      containerInstance: { ...describeInstance(call.tx, instance), tags: [...tagsOf(call.tx, instance.arn)] },
    }
  },

  DiscoverPollEndpoint(call) {
    call.authorize("*")
    // Whoever could ask this can reach us where it did; an agent keeps the answer for hours.
    return { endpoint: `${call.origin}/acs/`, telemetryEndpoint: `${call.origin}/tcs/` }
  },
} satisfies Operations<typeof sdk>

/** What agents send and the published SDK does not have. */
interface Unpublished {
  /** Made at each start of an agent, and the same when it sends a registration once more. */
  readonly clientToken?: string
}

function newInstance(
  call: Call,
  cluster: Cluster,
  registration: Registration,
  clientToken: string | undefined,
): ContainerInstance {
  return {
    arn: arnOf("ecs", call, `container-instance/${cluster.name}/${newHex(call.random, 32)}`),
    clusterArn: cluster.arn,
    status: "ACTIVE",
    ...registration,
    capacityProvider: undefined,
    agentConnected: false,
    clientToken: clientToken || undefined,
    manifestNumber: 0,
    version: 0,
    registeredAt: call.now,
  }
}

/** The instance that this agent has been; undefined when it is new. */
function registeredBefore(
  call: Call,
  cluster: Cluster,
  { containerInstanceArn, clientToken }: sdk.RegisterContainerInstanceRequest & Unpublished,
): ContainerInstance | undefined {
  if (!containerInstanceArn) {
    if (!clientToken) return undefined
    if (clientToken.length > TOKEN_LENGTH_MAX) {
      throw invalid(`The client token cannot have more than ${TOKEN_LENGTH_MAX} characters.`)
    }
    return call.tx
      .where(containerInstances, "clientToken", clientToken)
      .find((instance) => instance.clusterArn === cluster.arn && instance.status !== "INACTIVE")
  }
  const instance = call.tx.get(containerInstances, instanceArn(call, cluster.arn, containerInstanceArn))
  if (instance !== undefined && instance.clusterArn !== cluster.arn) {
    throw fault("ClientException", "The container instance was registered in another cluster.")
  }
  // To an agent this is final: it must not come back by itself as something that its operator has taken out.
  if (instance === undefined || instance.status === "INACTIVE") {
    throw fault(
      "ClientException",
      "The container instance is not registered any more. Remove the agent's data and start it again to register a new one.",
    )
  }
  return instance
}

const TOKEN_LENGTH_MAX = 64

/** The pool's cluster is there for the first machine that has a key for it; nobody makes it. */
function openPool(call: Call, arn: string): void {
  if (!isPool(call.tx) || arn !== clusterArn(call, POOL_CLUSTER) || call.tx.get(clusters, arn)?.status === "ACTIVE")
    return
  const nothing = { settings: [], configuration: undefined, capacityProviders: [], defaultStrategy: [] }
  call.tx.put(clusters, {
    arn,
    name: POOL_CLUSTER,
    status: "ACTIVE",
    ...nothing,
    created: { ...nothing, tags: [] },
    createdAt: call.now,
  })
}
