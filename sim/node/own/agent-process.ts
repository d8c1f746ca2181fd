import { Agent } from "../../../src/node/agent/agent.ts"
import { type Machine, RESERVED_TCP_PORTS } from "../../../src/node/agent/resources.ts"
import { TaskEngine } from "../../../src/node/agent/task/task-engine.ts"
import type { FakeMachine } from "../../../src/node/engine/fake.ts"
import { startTelemetry } from "../../../src/node/telemetry/telemetry.ts"
import { Api, type Input } from "../../api.ts"
import { REGION } from "../../identity.ts"
import { type ProcessWorld, processWorld } from "../../process-world.ts"
import type { AgentSight, HostPlace, HostSurroundings, NodeProperties } from "../host.ts"
import type { AgentDisk } from "./agent-disk.ts"
import { agentLog } from "./agent-log.ts"
import { RegionBehindNetwork } from "./region.ts"
import { SlowFabric } from "./slow-fabric.ts"

export interface Ground {
  readonly machine: FakeMachine
  readonly disk: AgentDisk

  /** Of the machine's present start. */
  readonly bootId: string

  /** Hears what is about to be told to the region. */
  readonly reported: (said: Input<"SubmitTaskStateChange">) => void
}

/** One process of our agent, put together as the node puts it together. */
export class AgentProcess implements AgentSight {
  readonly #world: ProcessWorld
  readonly #region: RegionBehindNetwork
  readonly #agent: Agent

  constructor(surroundings: HostSurroundings, place: HostPlace, { machine, disk, bootId, reported }: Ground) {
    const { random, transcript } = surroundings
    const { properties, path, keyId, firstPort } = place
    const world = processWorld(surroundings.world, { random, log: agentLog(properties.name, surroundings) })
    this.#world = world
    const { state, taken } = disk
    const region = new RegionBehindNetwork({
      world,
      path,
      keyId,
      transcript,
      api: new Api(path, keyId, transcript),
      reported,
      taken: (task, status) => taken.set(task, status),
    })
    this.#region = region
    const engine = machine.engine()
    const { processors, memory } = properties
    const tasks = new TaskEngine({
      world,
      engine,
      state,
      instance: "local",
      region: REGION,
      bootId,
      resources: { cpu: processors * 1024, memory, reservedPorts: { tcp: RESERVED_TCP_PORTS, udp: [] }, gpus: [] },
      fabric: new SlowFabric(world),
      settings: {
        keepStoppedMs: KEPT_MS,
        dynamicPorts: { first: firstPort, last: firstPort + PORTS },
        images: { isCleaned: true, everyMs: 45_000, unusedMsMin: 20_000, removedPerRoundMax: 5, diskUseMax: 1 },
      },
    })
    const telemetry = startTelemetry({
      world,
      engine,
      tasks: () => state.tasks.values(),
      processors,
      intervalMs: SAMPLED_MS,
    })
    this.#agent = new Agent({
      world,
      region,
      engine,
      state,
      tasks,
      telemetry,
      options: {
        cluster: properties.cluster,
        machine: machineOf(properties, bootId),
        features: FEATURES,
        logDrivers: ["json-file", "awslogs"],
        attributes: [
          { name: "ecs.availability-zone", value: properties.zone },
          { name: "tier", value: properties.tier },
        ],
        version: "0.1.0",
        hash: "abcdef0",
      },
    })
    this.#agent.start().catch((error: unknown) => world.log.error("the agent does not start", { error }))
  }

  get isConnected(): boolean {
    return this.#agent.status().isConnected
  }

  get isLinked(): boolean {
    return this.isConnected && this.#region.isLinked
  }

  get isQuiet(): boolean {
    return this.#agent.status().tasksToReport === 0
  }

  get hasGivenUp(): boolean {
    const { phase } = this.#agent.status()
    return phase === "refused" || phase === "inactive"
  }

  /** As by `kill -9`; `silently` when the machine goes with it. */
  end(silently: boolean): void {
    this.#world.end()
    this.#region.end(silently)
  }
}

function machineOf({ processors, memory }: NodeProperties, bootId: string): Machine {
  return { processors, memoryMiB: memory, architecture: "x86_64", system: "debian_12", bootId }
}

const FEATURES = {
  taskRoles: true,
  taskRolesInHostNetwork: true,
  ecr: false,
  registryLogins: false,
  secretsOfSystemsManager: false,
  secretsOfSecretsManager: false,
  environmentFiles: false,
  executionRoleLogs: true,
  interfaces: true,
  efs: false,
  executeCommand: false,
  external: false,
  privileged: true,
} as const

/** Shorter than in earnest, so that a simulation sees the end of it. */
const KEPT_MS = 90_000
const PORTS = 5_000
const SAMPLED_MS = 10_000
