import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../aws/operations.ts"
import { activeCluster } from "./cluster.ts"
import { describeInstance, healthStatus } from "./container-instance/detail.ts"
import { findInstance, instanceArn, instanceArns } from "./container-instance/find.ts"
import { putInstance } from "./container-instance/write.ts"
import { fault, invalid } from "./fault.ts"
import { listed } from "./list.ts"
import { clusterArn } from "./names.ts"
import { permit } from "./permit.ts"
import { capacity } from "./placement/capacity.ts"
import { compileQuery, matches, type Query } from "./placement/query.ts"
import type { Cluster } from "./tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "./tables/container-instance.ts"
import { poolTasks } from "./tables/pool.ts"
import { tasks } from "./tables/task.ts"
import { forgetTags, tagsOf } from "./tag.ts"

export const containerInstanceOperations = {
  DescribeContainerInstances(call, { cluster: identifier = "default", containerInstances: identifiers, include = [] }) {
    const inCluster = clusterArn(call, identifier)
    const arns = instanceArns(call, inCluster, identifiers!, DESCRIBED_MAX)
    permit(call, arns, () => ({ "ecs:cluster": inCluster }))
    const cluster = activeCluster(call, inCluster)
    if (include.some((field) => !FIELDS.includes(field)))
      throw invalid(`include should be one of [${FIELDS.join(",")}]`)

    const found = arns.flatMap((arn) => findInstance(call, cluster, arn) ?? [])
    return {
      containerInstances: found.map((instance) => ({
        ...describeInstance(call.tx, instance),
        ...(include.includes("TAGS") && { tags: [...tagsOf(call.tx, instance.arn)] }),
        ...(include.includes("CONTAINER_INSTANCE_HEALTH") && { healthStatus: healthStatus(instance) }),
      })),
      failures: arns
        .filter((arn) => !found.some((instance) => instance.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },

  ListContainerInstances(call, input) {
    const arn = clusterArn(call, input.cluster ?? "default")
    permit(call, arn)
    const cluster = activeCluster(call, arn)
    if (input.status !== undefined && !STATUSES.includes(input.status)) {
      throw invalid(`status should be one of [${STATUSES.join(",")}]`)
    }
    const query = input.filter ? queryOf(input.filter) : undefined
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      list: (from) => matching(call, cluster, input.status, query, from),
      position: (instance) => instance.arn,
    })
    return {
      containerInstanceArns: page.map((instance) => instance.arn),
      ...(nextToken !== undefined && { nextToken }),
    }
  },

  UpdateContainerInstancesState(call, input) {
    const inCluster = clusterArn(call, input.cluster ?? "default")
    const arns = instanceArns(call, inCluster, input.containerInstances!, UPDATED_MAX)
    permit(call, arns, () => ({ "ecs:cluster": inCluster }))
    const cluster = activeCluster(call, inCluster)
    const { status } = input
    if (status !== "ACTIVE" && status !== "DRAINING") {
      throw invalid("Container instance status should be one of [ACTIVE, DRAINING]")
    }

    const updated: sdk.ContainerInstance[] = []
    const failures: sdk.Failure[] = []
    for (const arn of arns) {
      const instance = findInstance(call, cluster, arn)
      if (instance === undefined) failures.push({ arn, reason: "MISSING" })
      else if (instance.status === "INACTIVE") failures.push({ arn, reason: "INACTIVE" })
      else updated.push(describeInstance(call.tx, withStatus(call, instance, status)))
    }
    return { containerInstances: updated, failures }
  },

  DeregisterContainerInstance(call, input) {
    // To take an instance out is to do something with its cluster.
    const cluster = clusterArn(call, input.cluster ?? "default")
    permit(call, cluster)
    const instance = instanceOf(call, cluster, instanceArn(call, cluster, input.containerInstance!))
    // Deregistering twice is no mistake.
    if (instance.status === "INACTIVE") return { containerInstance: describeInstance(call.tx, instance) }
    if (input.force !== true && hasTasks(call, instance)) throw invalid("Found running tasks on the instance.")

    const gone: ContainerInstance = {
      ...instance,
      status: "INACTIVE",
      agentConnected: false,
      deregisteredAt: call.now,
    }
    // What still ran there is ended by the life cycle's controller.
    const deregistered = putInstance(call, instance, gone)
    forgetTags(call.tx, instance.arn, containerInstances.retention!.until(deregistered))
    return { containerInstance: describeInstance(call.tx, deregistered) }
  },

  /** Agents come with the machine's packages or with Homeport itself; there is never one to fetch. */
  UpdateContainerAgent(call, input) {
    const cluster = clusterArn(call, input.cluster ?? "default")
    const arn = instanceArn(call, cluster, input.containerInstance!)
    permit(call, arn, () => ({ "ecs:cluster": cluster }))
    const instance = instanceOf(call, cluster, arn)
    if (instance.agentVersion === undefined) {
      throw fault(
        "MissingVersionException",
        "The version of the container agent on this instance is not known, as it has not connected yet.",
      )
    }
    throw fault(
      "NoUpdateAvailableException",
      "There is no update available for this container agent: Homeport does not distribute agents. Update it on its machine.",
    )
  },
} satisfies Operations<typeof sdk>

function instanceOf(call: Call, cluster: string, arn: string): ContainerInstance {
  const found = findInstance(call, activeCluster(call, cluster), arn)
  if (found === undefined) throw invalid("The referenced container instance was not found.")
  return found
}

/** A status that an instance has already is no change, and no event. */
function withStatus(call: Call, instance: ContainerInstance, status: "ACTIVE" | "DRAINING"): ContainerInstance {
  return instance.status === status ? instance : putInstance(call, instance, { ...instance, status })
}

function hasTasks({ tx }: Call, { arn }: ContainerInstance): boolean {
  return tx.some(tasks, "instance", arn) || tx.some(poolTasks, "instance", arn)
}

function queryOf(filter: string): Query {
  const compiled = compileQuery(filter)
  if (compiled.ok) return compiled.query
  throw invalid(`Invalid filter: ${compiled.problem}.`)
}

/** Instances of a cluster in the order of their ARNs, a bounded number at a time until there are enough that match. */
function matching(
  { tx }: Call,
  cluster: Cluster,
  status: string | undefined,
  query: Query | undefined,
  from: { readonly after: string | undefined; readonly limit: number },
): ContainerInstance[] {
  const where =
    status === undefined
      ? (["cluster", cluster.arn] as const)
      : (["clusterStatus", `${cluster.arn} ${status}`] as const)
  if (query === undefined) return [...tx.list(containerInstances, { where, ...from })]

  const view = tx.view(capacity)
  const found: ContainerInstance[] = []
  let { after } = from
  for (;;) {
    const some = tx.list(containerInstances, { where, after, limit: LOOKED_AT })
    found.push(...some.filter((instance) => matches(query, view.instance(instance.arn)!)))
    if (found.length >= from.limit || some.length < LOOKED_AT) return found.slice(0, from.limit)
    after = some.at(-1)!.arn
  }
}

const FIELDS: readonly string[] = ["CONTAINER_INSTANCE_HEALTH", "TAGS"]
const STATUSES: readonly string[] = ["ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED"]
const DESCRIBED_MAX = 100
const UPDATED_MAX = 10
const LOOKED_AT = 256
