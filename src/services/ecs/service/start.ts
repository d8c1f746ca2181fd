import type { Writer } from "../event/write.ts"
import { nextProvider } from "../placement/provider-split.ts"
import type { PlacementRequest } from "../placement/request.ts"
import type { Cluster } from "../tables/cluster.ts"
import type { ServiceRevision } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { newTask, placeTask, queueTask, type TaskProperties } from "../task/create.ts"
import { findPlace, placementRequest } from "../task/place.ts"
import { WAITING_MAX } from "../task/run.ts"
import { interfaceProblem } from "../task/subnet.ts"
import { demandOf } from "../task-definition/demand.ts"
import { launchTypeOf, platformVersionOf } from "./revision.ts"

/** All that a new task of a service is made from. */
export interface Recipe {
  readonly service: Service
  readonly cluster: Cluster
  readonly revision: ServiceRevision
  readonly definition: TaskDefinition

  /** The deployment, or the task set, as in `ecs-svc/1234567890123456789`. */
  readonly startedBy: string
  readonly taskSetArn?: string
}

export interface Starts {
  readonly started: readonly Task[]

  /** For what there was no place; undefined when all could be started, if only to wait for capacity. */
  readonly refused?: PlacementRequest
}

/**
 * Starts up to `count` tasks. On instances of the cluster's own a task is only made where there is a place for it; where
 * capacity may yet come it waits for it. `present` are the tasks there are already, for their shares among providers.
 */
export function startTasks(writer: Writer, recipe: Recipe, count: number, present: readonly Task[]): Starts {
  const { revision, cluster } = recipe
  const perProvider = new Map<string, number>()
  for (const { capacityProvider } of present) {
    if (capacityProvider !== undefined) perProvider.set(capacityProvider, (perProvider.get(capacityProvider) ?? 0) + 1)
  }
  const requests = new Map<string | undefined, PlacementRequest>()
  const started: Task[] = []
  for (let index = 0; index < count; index++) {
    const capacityProvider = nextProvider(revision.strategy, perProvider)
    const properties = propertiesOf(recipe, capacityProvider)
    const request = requests.get(capacityProvider) ?? requestFor(writer, recipe, capacityProvider)
    requests.set(capacityProvider, request)
    const spot = findPlace(writer, request)
    if (spot !== undefined) started.push(placeTask(writer, newTask(writer, properties), spot))
    else if (capacityProvider === undefined && properties.launchType !== "FARGATE") return { started, refused: request }
    // More instances bring room, but no addresses.
    else if (interfaceProblem(writer.tx, properties.network) !== undefined) return { started, refused: request }
    else {
      const waiting = writer.tx.count(tasks, "waiting", `${cluster.arn} ${properties.launchType}`)
      if (waiting >= WAITING_MAX) return { started, refused: request }
      const { constraints, strategy } = placementOf(recipe)
      started.push(queueTask(writer, newTask(writer, { ...properties, placement: { constraints, strategy } })))
    }
    if (capacityProvider !== undefined) {
      perProvider.set(capacityProvider, (perProvider.get(capacityProvider) ?? 0) + 1)
    }
  }
  return { started }
}

/** Starts one task in one of these zones, if there is a place. */
export function startInZone(
  writer: Writer,
  recipe: Recipe,
  zone: string,
  capacityProvider: string | undefined,
): Starts {
  const whole = requestFor(writer, recipe, capacityProvider)
  const request = { ...whole, zones: whole.zones?.includes(zone) === false ? [] : [zone] }
  const spot = findPlace(writer, request)
  if (spot === undefined) return { started: [], refused: request }
  return { started: [placeTask(writer, newTask(writer, propertiesOf(recipe, capacityProvider)), spot)] }
}

/** The question for an instance, the same for all new tasks of a revision on one provider. */
export function requestFor(
  { tx }: Pick<Writer, "tx">,
  recipe: Recipe,
  capacityProvider: string | undefined,
): PlacementRequest {
  const { service, revision, definition } = recipe
  return placementRequest(
    tx,
    {
      clusterArn: service.clusterArn,
      group: groupOf(service),
      serviceArn: service.arn,
      launchType: launchTypeOf(revision),
      capacityProvider,
      demand: demandOf(definition),
      network: revision.network,
      placement: placementOf(recipe),
    },
    definition,
  )
}

export function propertiesOf(recipe: Recipe, capacityProvider: string | undefined): TaskProperties {
  const { service, cluster, revision, definition, startedBy, taskSetArn } = recipe
  return {
    cluster,
    definition,
    launchType: launchTypeOf(revision),
    group: groupOf(service),
    startedBy,
    capacityProvider,
    platformVersion: platformVersionOf(revision),
    network: revision.network,
    serviceArn: service.arn,
    revisionArn: revision.arn,
    taskSetArn,
    propagateTags: service.propagateTags,
    enableManagedTags: service.enableManagedTags,
  }
}

function placementOf({ service: { placementConstraints, placementStrategy } }: Recipe) {
  return { constraints: placementConstraints, strategy: placementStrategy }
}

function groupOf({ name }: Service): string {
  return `service:${name}`
}
