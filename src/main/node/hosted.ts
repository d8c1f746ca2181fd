import { hostname } from "node:os"
import { join } from "node:path"
import { Agent, type AgentOptions } from "../../node/agent/agent.ts"
import { HttpObjects } from "../../node/agent/link/http/http-objects.ts"
import { HttpRegion } from "../../node/agent/link/http/http-region.ts"
import { totalResources } from "../../node/agent/resources.ts"
import { FileState } from "../../node/agent/state-file.ts"
import { TaskEngine } from "../../node/agent/task/task-engine.ts"
import { thisMachine } from "../../node/agent/this-machine.ts"
import { dialRegion } from "../../node/endpoints/dial.ts"
import type { NodeEndpoints } from "../../node/endpoints/endpoints.ts"
import { REGION_ADDRESS } from "../../node/endpoints/place.ts"
import type { EndpointAgent } from "../../node/endpoints/tenant.ts"
import type { Engine } from "../../node/engine/engine.ts"
import type { NodeFabric } from "../../node/fabric/fabric.ts"
import { LOG_DEFAULTS, logDrivers } from "../../node/logs/drivers.ts"
import { NodeLogFollower } from "../../node/logs/node-log-follower.ts"
import { startTelemetry } from "../../node/telemetry/telemetry.ts"
import { resolverOver } from "../../node/values/resolver.ts"
import { sleep, type World } from "../../world/world.ts"
import { VERSION } from "../version.ts"
import { stateFile } from "./agent-files.ts"
import { Interfaces } from "./interfaces.ts"
import { type HostedInstance, readMemberships, writeMembership } from "./membership.ts"
import type { InstanceStatus } from "./node-control.ts"
import type { NodeDirectory } from "./node-directory.ts"
import type { ObjectStore } from "./object-store.ts"
import type { Underlay } from "./underlay.ts"

export interface HostedOptions {
  readonly world: World
  readonly engine: Engine

  /** Of the whole machine; undefined where nothing can be served inside of tasks' networks. */
  readonly endpoints: NodeEndpoints | undefined
  readonly directory: NodeDirectory

  /** The machine's VPCs, where there can be any. */
  readonly fabric: NodeFabric | undefined
  readonly underlay: Underlay
  readonly instance: HostedInstance

  /** Where its region answers. */
  readonly endpoint: string
  readonly ca: string | undefined
  readonly statsMs: number
  readonly tellsEndpoint: boolean
  readonly objectStore: ObjectStore | undefined
}

/** One instance of this machine, put together: the way to its region, its state, its tasks, and its agent. */
export class Hosted {
  readonly instance: HostedInstance
  readonly endpointAgent: EndpointAgent
  readonly #world: World
  readonly #directory: NodeDirectory
  readonly #agent: Agent
  readonly #tasks: TaskEngine
  readonly #state: FileState
  readonly #region: HttpRegion
  readonly #logs: NodeLogFollower
  readonly #interfaces: Interfaces | undefined

  constructor({ world: all, engine, endpoints, directory, instance, endpoint, ca, ...options }: HostedOptions) {
    const { fabric, underlay, statsMs, tellsEndpoint, objectStore } = options
    this.instance = instance
    const { name, place, accessKeyId, secretAccessKey } = instance
    const world: World = { ...all, log: all.log.with({ instance: name }) }
    this.#world = world
    this.#directory = directory
    const machine = thisMachine()
    const userAgent = `Homeport-node/${VERSION}`
    const region = new HttpRegion({
      world,
      name: place.region,
      endpoint,
      key: () => ({ accessKeyId, secretAccessKey }),
      ...(ca !== undefined && { ca }),
      userAgent,
    })
    this.#region = region
    const state = new FileState(stateFile(directory, name), world)
    this.#state = state
    const telemetry = startTelemetry({
      world,
      engine,
      tasks: () => state.tasks.values(),
      processors: machine.processors,
      // Two samples at least for each report.
      intervalMs: Math.min(1_000, statsMs / 3),
    })
    const credentials = (id: string) => this.#tasks.credentials(id)
    const objects = new HttpObjects({
      world,
      region: place.region,
      userAgent,
      ...(objectStore ?? { endpoint, ...(ca !== undefined && { ca }) }),
    })
    const resolver = resolverOver(world, region, objects)
    const drivers = logDrivers({
      world,
      region,
      credentials,
      folder: join(directory.containerLogs, name),
      hostname: hostname(),
      pid: process.pid,
    })
    this.#logs = new NodeLogFollower({
      world,
      engine,
      state,
      drivers,
      defaults: LOG_DEFAULTS,
      secretOptions: async (task, { name: container }) =>
        resolver.logSecrets(task, container, await this.#tasks.executionCredentials(task)),
    })
    const dial = dialRegion(endpoint, ca)
    this.endpointAgent = {
      instance: name,
      ownNetwork: !instance.sharesNetwork,
      cluster: place.cluster,
      region,
      dial,
      get containerInstanceArn() {
        return state.identity?.containerInstanceArn
      },
      get availabilityZone() {
        return state.identity?.availabilityZone
      },
      tasks: state.tasks,
      credentials,
      latest: (id) => telemetry.latest(id),
    }
    // An instance from elsewhere has none, as on AWS.
    const hasInterfaces = place.kind !== "external"
    this.#interfaces = hasInterfaces
      ? fabric && new Interfaces({ world, fabric, underlay, region, state, dial })
      : undefined
    const [cpu, memory, ports, udpPorts] = totalResources(machine)
    this.#tasks = new TaskEngine({
      world,
      engine,
      state,
      instance: name,
      region: place.region,
      bootId: machine.bootId,
      ...(tellsEndpoint && { endpointUrl: `http://${REGION_ADDRESS}` }),
      resources: {
        cpu: (cpu as { integerValue: number }).integerValue,
        memory: (memory as { integerValue: number }).integerValue,
        reservedPorts: {
          tcp: (ports as { stringSetValue: string[] }).stringSetValue.map(Number),
          udp: (udpPorts as { stringSetValue: string[] }).stringSetValue.map(Number),
        },
        gpus: engine.abilities.gpus,
      },
      logs: this.#logs,
      resolver,
      ...(endpoints !== undefined && { endpoints: endpoints.of(this.endpointAgent) }),
      ...(this.#interfaces !== undefined && { fabric: this.#interfaces }),
    })
    const agentOptions: AgentOptions = {
      // By no name it is made when it is missing, as agents have it.
      cluster: place.cluster === "default" ? "" : place.cluster,
      machine,
      features: {
        ...FEATURES,
        taskRoles: endpoints !== undefined,
        taskRolesInHostNetwork: endpoints !== undefined,
        interfaces: this.#interfaces !== undefined,
        external: place.kind === "external",
      },
      logDrivers: [...drivers.keys()],
      attributes: Object.entries(instance.attributes ?? {}).map(([name, value]) => ({ name, value })),
      version: VERSION,
      hash: "homeport",
      publishMs: statsMs,
    }
    this.#agent = new Agent({ world, region, engine, state, tasks: this.#tasks, telemetry, options: agentOptions })
  }

  async start(): Promise<void> {
    await this.#interfaces?.begin()
    await this.#agent.start()
    this.#agent.registered
      .then(({ containerInstanceArn }) => this.#interfaces?.follow(containerInstanceArn))
      .catch(
        // Why it is refused stands in its status.
        (error: Error) => this.#world.log.warn("the instance gets no interfaces", { reason: error.message }),
      )
    const { isDrained, isLeaving } = this.instance
    if (isDrained === true && isLeaving !== true) void this.#activate()
  }

  status(): Pick<InstanceStatus, "arn" | "isConnected" | "refusal" | "tasks"> {
    const { containerInstanceArn, isConnected, refusal } = this.#agent.status()
    return {
      ...(containerInstanceArn !== undefined && { arn: containerInstanceArn }),
      isConnected,
      ...(refusal !== undefined && { refusal }),
      tasks: this.#running().length,
    }
  }

  /**
   * Takes no new work any more and stops what there is, so that nothing is started in its place here. Resolves when
   * everything has stopped and the region has heard of it, as far as it listens.
   */
  async stopTasks(): Promise<number> {
    await this.#drain()
    this.#agent.pause()
    const running = this.#running()
    for (const { arn } of running) this.#tasks.stop(arn)
    await this.#until(STOP_MS_MAX, () => this.#running().length === 0)
    await this.#until(TELL_MS_MAX, () => this.#agent.status().tasksToReport === 0)
    return running.length - this.#running().length
  }

  /** Lets go of everything; containers run on. */
  async close(): Promise<void> {
    this.#interfaces?.close()
    this.#logs.close()
    await this.#agent.stop()
    this.#region.close()
  }

  /** The same, and takes the interfaces of its tasks away. */
  async leave(): Promise<void> {
    await this.#interfaces?.leave()
    await this.close()
  }

  /** The region places nothing here any more, at once; without the connection it would know only after a while. */
  async #drain(): Promise<void> {
    const { containerInstanceArn } = this.#agent.status()
    if (containerInstanceArn === undefined) return
    this.#write({ isDrained: true })
    await this.#tellState(containerInstanceArn, "DRAINING").catch((error: Error) =>
      this.#world.log.warn("the region could not be told that the instance drains", { reason: error.message }),
    )
  }

  async #activate(): Promise<void> {
    try {
      const { containerInstanceArn } = await this.#agent.registered
      await this.#tellState(containerInstanceArn, "ACTIVE")
      this.#write({ isDrained: false })
    } catch (error) {
      this.#world.log.warn("the instance is still drained", { reason: (error as Error).message })
    }
  }

  #tellState(containerInstanceArn: string, status: "ACTIVE" | "DRAINING"): Promise<unknown> {
    const input = { cluster: this.instance.place.cluster, containerInstances: [containerInstanceArn], status }
    return this.#region.call("ecs", "UpdateContainerInstancesState", input, { msMax: TELL_MS_MAX })
  }

  /** What others have written since stays. */
  #write(change: Pick<HostedInstance, "isDrained">): void {
    const now = readMemberships(this.#directory).find(({ name }) => name === this.instance.name)
    if (now !== undefined) writeMembership(this.#directory, { ...now, ...change })
  }

  #running() {
    return [...this.#state.tasks.values()].filter(({ knownStatus }) => knownStatus !== "STOPPED")
  }

  async #until(msMax: number, holds: () => boolean): Promise<void> {
    const end = this.#world.monotonic() + msMax
    while (!holds() && this.#world.monotonic() < end) await sleep(this.#world, LOOK_MS)
  }
}

const FEATURES: Omit<AgentOptions["features"], "external" | "interfaces" | "taskRoles" | "taskRolesInHostNetwork"> = {
  ecr: true,
  registryLogins: true,
  secretsOfSystemsManager: true,
  secretsOfSecretsManager: true,
  environmentFiles: true,
  executionRoleLogs: true,
  efs: false,
  executeCommand: false,
  privileged: true,
}

const LOOK_MS = 20

/** Containers may ask for two minutes to end, one after the other where they depend on each other. */
const STOP_MS_MAX = 10 * 60_000

/** A region that is away hears of it another time. */
const TELL_MS_MAX = 10_000
