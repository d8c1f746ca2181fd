import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../../aws/operations.ts"
import { instanceArn } from "../container-instance/find.ts"
import { invalid } from "../fault.ts"
import { nextProvider } from "../placement/provider-split.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { constraintProblem } from "../placement/requirement.ts"
import { strategyProblem } from "../placement/strategy.ts"
import { providerArns } from "../service/conditions.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { type Task, tasks } from "../tables/task.ts"
import { tagsOf } from "../tag.ts"
import { demandOf } from "../task-definition/demand.ts"
import { newTask, placeTask, queueTask, type TaskProperties } from "./create.ts"
import { describeTask } from "./describe.ts"
import { checkCompatible, type Launch, launchOf } from "./launch.ts"
import { checkNetwork } from "./network.ts"
import { checkSizes } from "./overrides.ts"
import { explainNoPlace, explainPlace, findPlace, placementRequest, placeOn } from "./place.ts"
import { checkStart } from "./start.ts"
import { interfaceProblem } from "./subnet.ts"
import { rememberToken, tasksOfToken } from "./token.ts"

export const runOperations = {
  RunTask(call, input) {
    const { cluster, definition, overrides, tags } = checkStart(call, input, () => ({
      "ecs:capacity-provider": providerArns(call, input.capacityProviderStrategy),
    }))
    const earlier = tasksOfToken(call, cluster.arn, input)
    if (earlier !== undefined) return answer(call, earlier, [])

    const { count = 1 } = input
    if (!(count >= 1 && count <= COUNT_MAX)) throw invalid(`Count must be between 1 and ${COUNT_MAX}.`)
    const launch = launchOf(call, cluster, definition, input)
    checkSizes(definition, overrides, launch.launchType)
    checkNetwork(call, definition, input.networkConfiguration, launch.launchType)
    checkPlacement(input, launch)

    const properties: TaskProperties = {
      cluster,
      definition,
      launchType: launch.launchType,
      group: input.group,
      startedBy: input.startedBy,
      platformVersion: launch.platformVersion,
      overrides,
      network: input.networkConfiguration,
      tags,
      propagateTags: input.propagateTags,
      enableManagedTags: input.enableECSManagedTags,
      placement: { constraints: input.placementConstraints ?? [], strategy: input.placementStrategy ?? [] },
    }
    const { started, failures } = runTasks(call, properties, launch, count)
    rememberToken(call, cluster.arn, input, started)
    return answer(call, started, failures)
  },

  StartTask(call, input) {
    const { containerInstances: identifiers = [] } = input
    const { cluster, definition, overrides, tags } = checkStart(call, input, (within) => ({
      "ecs:container-instances": identifiers.map((identifier) => instanceArn(call, within, identifier)),
    }))
    if (identifiers.length === 0) throw invalid("Container Instances cannot be empty.")
    if (identifiers.length > INSTANCES_MAX) {
      throw invalid(`Container Instances cannot have more than ${INSTANCES_MAX} elements`)
    }
    const arns = identifiers.map((identifier) => instanceArn(call, cluster.arn, identifier))
    checkNetwork(call, definition, input.networkConfiguration, "EC2")

    const started: Task[] = []
    const failures: sdk.Failure[] = []
    for (const arn of arns) {
      const launchType = isExternal(call, arn) ? "EXTERNAL" : "EC2"
      checkCompatible(definition, launchType)
      checkSizes(definition, overrides, launchType)
      const properties: TaskProperties = {
        cluster,
        definition,
        launchType,
        group: input.group,
        startedBy: input.startedBy,
        overrides,
        network: input.networkConfiguration,
        tags,
        propagateTags: input.propagateTags,
        enableManagedTags: input.enableECSManagedTags,
      }
      // Whoever names the instance has no use for the definition's wishes, only for what it cannot do without.
      const request = { ...requestOf(call, properties), constraints: [] }
      const refusal = explainPlace(call.tx, request, arn)
      if (refusal === undefined) {
        started.push(placeTask(call, newTask(call, properties), placeOn(call, request, arn)))
      } else failures.push(failureOf(refusal))
    }
    return answer(call, started, failures)
  },
} satisfies Operations<typeof sdk>

interface Run {
  readonly started: readonly Task[]
  readonly failures: readonly sdk.Failure[]
}

/** Starts as many as there is room for. With capacity that can grow the others wait for it; else the caller hears why not. */
function runTasks(call: Call, properties: TaskProperties, { strategy, launchType }: Launch, count: number): Run {
  const started: Task[] = []
  const perProvider = new Map<string, number>()
  const requests = new Map<string | undefined, PlacementRequest>()
  for (let index = 0; index < count; index++) {
    const capacityProvider = nextProvider(strategy, perProvider)
    if (capacityProvider !== undefined) {
      perProvider.set(capacityProvider, (perProvider.get(capacityProvider) ?? 0) + 1)
    }
    const wanted: TaskProperties = { ...properties, capacityProvider }
    const request = requests.get(capacityProvider) ?? requestOf(call, wanted)
    requests.set(capacityProvider, request)
    const spot = findPlace(call, request)
    if (spot !== undefined) {
      const { placement: _, ...settled } = wanted
      started.push(placeTask(call, newTask(call, settled), spot))
    } else if (capacityProvider !== undefined || launchType === "FARGATE") {
      // More instances bring room, but no addresses.
      const detail = interfaceProblem(call.tx, properties.network)
      if (detail !== undefined) {
        return { started, failures: [{ arn: properties.cluster.arn, reason: "RESOURCE:ENI", detail }] }
      }
      if (call.tx.count(tasks, "waiting", `${properties.cluster.arn} ${launchType}`) >= WAITING_MAX) {
        const reason = "The tasks provisioning capacity limit was exceeded."
        return { started, failures: [{ arn: properties.cluster.arn, reason }] }
      }
      started.push(queueTask(call, newTask(call, wanted)))
    } else {
      const refusals = explainNoPlace(call.tx, request)
      if (refusals.length === 0) throw invalid("No Container Instances were found in your cluster.")
      return { started, failures: refusals.map(failureOf) }
    }
  }
  return { started, failures: [] }
}

function requestOf(call: Call, properties: TaskProperties) {
  const { cluster, definition, launchType, capacityProvider, overrides, network, placement } = properties
  const group = properties.group ?? `family:${definition.family}`
  const demand = demandOf(definition, overrides)
  const homeless = { clusterArn: cluster.arn, group, launchType, capacityProvider, demand, network, placement }
  return placementRequest(call.tx, homeless, definition)
}

function checkPlacement(input: sdk.RunTaskRequest, { launchType }: Launch): void {
  const { placementConstraints: constraints = [], placementStrategy: strategy = [] } = input
  if (launchType === "FARGATE" && constraints.length > 0) {
    throw invalid("Placement constraints are not supported with FARGATE launch type.")
  }
  if (launchType !== "EC2" && strategy.length > 0) {
    throw invalid(`Placement strategies are not supported with ${launchType} launch type.`)
  }
  if (constraints.length > CONSTRAINTS_MAX) throw invalid(`Maximum number of constraints is ${CONSTRAINTS_MAX}.`)
  const problem = constraintProblem(constraints) ?? strategyProblem(strategy)
  if (problem !== undefined) throw invalid(problem)
}

function isExternal({ tx }: Call, arn: string): boolean {
  return tx.get(containerInstances, arn)?.attributes.some(({ name }) => name === "ecs.capability.external") ?? false
}

function failureOf({ instanceArn: arn, reason, detail }: ReturnType<typeof explainNoPlace>[number]): sdk.Failure {
  return { arn, reason, ...(detail !== undefined && { detail }) }
}

function answer({ tx }: Call, started: readonly Task[], failures: readonly sdk.Failure[]) {
  return {
    tasks: started.map((task) => ({ ...describeTask(tx, task), tags: [...tagsOf(tx, task.arn)] })),
    failures: [...failures],
  }
}

const COUNT_MAX = 10
const INSTANCES_MAX = 10
const CONSTRAINTS_MAX = 10

/** So many tasks of a cluster may wait for capacity at a time, as on AWS. */
export const WAITING_MAX = 500
