import type { Random } from "../../../world/world.ts"
import { Board } from "./board.ts"
import { Candidates } from "./candidates.ts"
import type { Capacity } from "./capacity.ts"
import type { ClusterCapacity } from "./cluster-capacity.ts"
import { KinFollower } from "./kin-follower.ts"
import { Partition } from "./partition.ts"
import type { PlacementRequest } from "./request.ts"
import { isAddressed, requirementsOf } from "./requirement.ts"
import { Room } from "./room.ts"
import { Spreads } from "./spreads.ts"
import { measuresOf } from "./strategy.ts"

/** Where a task goes. */
export interface Spot {
  readonly instanceArn: string
  readonly zone: string | undefined

  /** The GPUs that become the task's. */
  readonly gpuIds: readonly string[]

  /** Where its interface goes, if it has one. */
  readonly subnetId?: string
}

/**
 * Decides where one task goes; undefined when no instance will do, and `explainPlacement` then says why. The task is to
 * be put before the next is planned, in the same transaction or not: the capacity knows of it from that moment.
 */
export function planPlacement(capacity: Capacity, request: PlacementRequest, random: Random): Spot | undefined {
  const cluster = capacity.cluster(request.clusterArn)
  if (cluster === undefined) return undefined
  const instance = boardOf(cluster, request).best(random, request.tasksByZone)
  if (instance === undefined) return undefined
  const { arn: instanceArn, face } = instance
  return { instanceArn, zone: face.zone, gpuIds: instance.freeGpuIds(request.demand.gpus) }
}

/** Instances that meet all a request requires of what they are, whatever they run: where a DAEMON service wants its tasks. */
export function candidateArns(capacity: Capacity, request: PlacementRequest): string[] {
  const cluster = capacity.cluster(request.clusterArn)
  if (cluster === undefined) return []
  const candidates = candidatesOf(cluster, request)
  candidates.catchUp()
  return [...candidates.members].map(({ arn }) => arn)
}

function boardOf(cluster: ClusterCapacity, request: PlacementRequest): Board {
  const known = cluster.boardOf.get(request)
  if (known !== undefined) return known
  const { demand, serviceArn, group, constraints, strategy } = request
  const key = JSON.stringify([demand, serviceArn, group, constraints, strategy, candidatesKey(request)])
  const board = cluster.boards.of(key, () => newBoard(cluster, request))
  cluster.boardOf.set(request, board)
  return board
}

/** Puts a board together from parts that kinds of tasks share as far as they are alike. */
function newBoard(cluster: ClusterCapacity, request: PlacementRequest): Board {
  const { demand, serviceArn, group, constraints, strategy } = request
  const measures = measuresOf(strategy, serviceArn !== undefined)
  const attributes = measures.flatMap((measure) => (measure.kind === "attribute" ? measure.name : []))
  const ownMeasures = measures.flatMap(({ kind }) => (kind === "attribute" ? [] : kind))
  const partition = cluster.partitions.of(JSON.stringify(attributes), () => new Partition(attributes))
  const requirements = requirementsOf(request, cluster).filter(({ asksForTasks }) => asksForTasks)
  const asksForKin = ownMeasures.includes("tasks") || requirements.some((requirement) => requirement.asksForKin)

  const kinKey = [serviceArn, group]
  const roomKey = [demand, constraints, attributes, ownMeasures, asksForKin && kinKey, candidatesKey(request)]
  const room = cluster.rooms.of(JSON.stringify(roomKey), () => {
    return new Room(cluster, {
      candidates: candidatesOf(cluster, request),
      tests: requirements.map(({ holds }) => holds),
      gainsByTasks: requirements.some(({ gainsByTasks }) => gainsByTasks),
      partition,
      measures: ownMeasures,
      kin: asksForKin ? new KinFollower(cluster, request) : undefined,
    })
  })
  const spreads =
    attributes.length === 0
      ? undefined
      : cluster.spreads.of(JSON.stringify([attributes, kinKey]), () => new Spreads(cluster, partition, request))
  return new Board(room, spreads, measures)
}

function candidatesOf(cluster: ClusterCapacity, request: PlacementRequest): Candidates {
  return cluster.candidates.of(candidatesKey(request), () => {
    const tests = requirementsOf(request, cluster)
      .filter(({ asksForTasks }) => !asksForTasks)
      .map(({ holds }) => holds)
    return new Candidates(
      cluster,
      (instance) => isAddressed(request, instance.face) && tests.every((holds) => holds(instance)),
    )
  })
}

function candidatesKey({ launchType, capacityProvider, requiredAttributes, zones, constraints }: PlacementRequest) {
  const expressions = constraints.flatMap(({ type, expression }) => (type === "memberOf" ? [expression] : []))
  return JSON.stringify([launchType, capacityProvider, requiredAttributes, zones, expressions])
}
