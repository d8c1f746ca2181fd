import type { Resource } from "@aws-sdk/client-ecs"
import type { ContainerInstance } from "../tables/container-instance.ts"
import type { Demand, Task } from "../tables/task.ts"
import type { Kin } from "./cluster-capacity.ts"
import type { Face } from "./face.ts"
import type { QueriedInstance } from "./query.ts"
import { Tally } from "./tally.ts"

/**
 * What an instance has, and what its tasks have taken of it. A task holds what it demands from its placement until it
 * is STOPPED. All of it is sums, so the order in which records come and go does not matter.
 */
export class InstanceCapacity implements QueriedInstance {
  readonly arn: string

  /** Small, and nobody else's as long as the instance is known: a place in lists of all instances. */
  readonly number: number
  cpuFree = 0
  memoryFree = 0
  gpusFree = 0
  interfacesFree = 0
  running = 0
  pending = 0

  /** Where in its cluster's `changes` the last of its own is. */
  changedAt = 0

  /** Tasks that are to run here, by those they belong together with. */
  readonly tasks = new Tally<Kin>()

  #face: Face = NO_FACE
  #holdings = 0

  /** Ports that definitions have fixed: these count towards how many an instance may reserve. */
  #ports: Tally<string> | undefined
  #portCount = 0

  /** Ports that agents have bound, those for tasks that take any among them. */
  #boundPorts: Tally<string> | undefined
  #gpuIds: Tally<string> | undefined

  constructor(arn: string, number: number) {
    this.arn = arn
    this.number = number
  }

  get isEmpty(): boolean {
    return this.#face === NO_FACE && this.#holdings === 0
  }

  /** An instance without a record, of which only tasks know, has nothing and takes no more. */
  get face(): Face {
    return this.#face
  }

  set face(face: Face) {
    const before = this.#face
    this.#face = face
    this.cpuFree += face.cpu - before.cpu
    this.memoryFree += face.memory - before.memory
    this.gpusFree += face.gpuIds.length - before.gpuIds.length
    this.interfacesFree += face.interfaces - before.interfaces
  }

  /** Whether these ports are free, and few enough. */
  hasPorts(ports: readonly string[]): boolean {
    if (ports.length === 0) return true
    if (this.face.reservedPorts.size + this.#portCount + ports.length > RESERVED_PORTS_MAX) return false
    return !ports.some((port) => this.#isTaken(port))
  }

  /** The GPUs that a task would get. */
  freeGpuIds(count: number): string[] {
    if (count === 0) return []
    return this.face.gpuIds.filter((id) => this.#gpuIds === undefined || this.#gpuIds.of(id) === 0).slice(0, count)
  }

  hold(demand: Demand, sign: 1 | -1): void {
    this.#holdings += sign
    this.cpuFree -= sign * demand.cpu
    this.memoryFree -= sign * demand.memory
    this.gpusFree -= sign * demand.gpus
    this.interfacesFree -= sign * demand.interfaces
    this.#portCount += sign * demand.ports.length
    for (const port of demand.ports) this.#ports = counted(this.#ports, port, sign)
  }

  /** What of a task's holding is only known once its containers are. */
  holdContainers({ containers }: Task, sign: 1 | -1): void {
    for (const { gpuIds, networkBindings } of containers) {
      if (gpuIds !== undefined) for (const id of gpuIds) this.#gpuIds = counted(this.#gpuIds, id, sign)
      if (networkBindings === undefined) continue
      for (const { hostPort, protocol = "tcp" } of networkBindings) {
        if (hostPort === undefined) continue
        this.#boundPorts = counted(this.#boundPorts, `${hostPort}/${protocol}`, sign)
      }
    }
  }

  /** What DescribeContainerInstances shows as left. Of ports AWS shows those that are taken, here as in what is registered. */
  remainingResources({ registeredResources }: ContainerInstance): Resource[] {
    const ports = [...this.face.reservedPorts, ...(this.#ports?.counts.keys() ?? [])]
    const portsOf = (protocol: string) => ({
      stringSetValue: ports.filter((port) => port.endsWith(protocol)).map((port) => port.slice(0, -protocol.length)),
    })
    return registeredResources.map((resource) => {
      switch (resource.name) {
        case "CPU":
          return { ...resource, integerValue: this.cpuFree }
        case "MEMORY":
          return { ...resource, integerValue: this.memoryFree }
        case "PORTS":
          return { ...resource, ...portsOf("/tcp") }
        case "PORTS_UDP":
          return { ...resource, ...portsOf("/udp") }
        case "GPU":
          return { ...resource, stringSetValue: this.freeGpuIds(this.face.gpuIds.length) }
        default:
          return resource
      }
    })
  }

  get attributes(): ReadonlyMap<string, string> {
    return this.face.attributes
  }

  get agentConnected(): boolean {
    return this.face.agentConnected
  }

  get agentVersion(): string | undefined {
    return this.face.agentVersion
  }

  get ec2InstanceId(): string | undefined {
    return this.face.ec2InstanceId
  }

  get registeredAt(): number {
    return this.face.registeredAt
  }

  get runningTasksCount(): number {
    return this.running
  }

  someGroup(holds: (group: string) => boolean): boolean {
    for (const { group } of this.tasks.counts.keys()) if (holds(group)) return true
    return false
  }

  #isTaken(port: string): boolean {
    return this.face.reservedPorts.has(port) || hasAny(this.#ports, port) || hasAny(this.#boundPorts, port)
  }
}

/** AWS's quota for an instance, its own ports included. */
const RESERVED_PORTS_MAX = 100

/** Most instances have no ports to count, so a tally is made for the first and dropped with the last. */
function counted(tally: Tally<string> | undefined, key: string, sign: 1 | -1): Tally<string> | undefined {
  const changed = tally ?? new Tally()
  changed.add(key, sign)
  return changed.isEmpty ? undefined : changed
}

function hasAny(tally: Tally<string> | undefined, key: string): boolean {
  return tally !== undefined && tally.of(key) !== 0
}

export const NO_FACE: Face = {
  clusterArn: "",
  status: "INACTIVE",
  agentConnected: false,
  agentVersion: undefined,
  ec2InstanceId: undefined,
  capacityProvider: undefined,
  registeredAt: 0,
  attributes: new Map(),
  zone: undefined,
  isInEveryZone: false,
  isExternal: false,
  cpu: 0,
  memory: 0,
  gpuIds: [],
  interfaces: 0,
  reservedPorts: new Set(),
}
