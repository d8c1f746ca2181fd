import { silentLog } from "../../src/world/log.ts"
import { Api, type Input } from "../api.ts"
import { ACCOUNT, type AccessKeyId, POOL_ACCOUNT } from "../identity.ts"
import type { Network, Path } from "../network.ts"
import { processWorld } from "../process-world.ts"
import type { Transcript } from "../transcript.ts"
import { Agent } from "./agent.ts"
import { type AgentDisk, copyOf, emptyDisk } from "./agent-disk.ts"
import { Machine, type MachineOptions } from "./machine.ts"

export interface NodeOptions extends MachineOptions {
  readonly network: Network
  readonly transcript: Transcript
  readonly wrong: (what: string) => void
}

/** What a node is for: a cluster's instance, or one of the pool that is FARGATE. */
export interface NodeProperties {
  readonly name: string
  readonly cluster: string
  readonly isPool: boolean
  readonly cpu: number
  readonly memory: number
  readonly zone: string
  readonly tier: string
}

/** A machine, the agent on it, and the way from there to the region. */
export class Node {
  readonly name: string
  readonly properties: NodeProperties
  readonly machine: Machine
  readonly path: Path
  disk: AgentDisk
  hasGivenUp = false
  isPowered = false
  readonly #options: NodeOptions
  #agent: Agent | undefined
  #isScrapped = false

  constructor(options: NodeOptions, properties: NodeProperties, disk: AgentDisk = emptyDisk(), firstPort = FIRST_PORT) {
    this.#options = options
    this.name = properties.name
    this.properties = properties
    this.machine = new Machine(options, firstPort)
    this.path = options.network.path(properties.name, "may repeat")
    this.disk = disk
  }

  get agent(): Agent | undefined {
    return this.#agent
  }

  get instanceArn(): string | undefined {
    return this.disk.containerInstanceArn
  }

  startAgent(): void {
    if (this.#agent !== undefined || this.#isScrapped) return
    this.isPowered = true
    const { world, random, transcript, wrong } = this.#options
    transcript.say(this.name, `agent starts${this.instanceArn === undefined ? " new" : ""}`)
    const own = processWorld(world, { random, log: silentLog })
    const keyId: AccessKeyId = `agent-${this.properties.isPool ? POOL_ACCOUNT : ACCOUNT}`
    this.#agent = new Agent({
      world: own,
      machine: this.machine,
      disk: this.disk,
      path: this.path,
      api: new Api(this.path, keyId, transcript),
      keyId,
      transcript,
      registration: registrationOf(this.properties),
      gaveUp: () => {
        this.hasGivenUp = true
        transcript.say(this.name, "agent gives up")
      },
      wrong: (what) => wrong(`${this.name}: ${what}`),
    })
  }

  /** The agent's process ends; containers go on. */
  killAgent(): void {
    if (this.#agent === undefined) return
    this.#options.transcript.say(this.name, "agent is killed")
    this.#agent.end(false)
    this.#agent = undefined
  }

  /** The machine loses its power. What is on its disk stays. */
  powerOff(): void {
    this.#options.transcript.say(this.name, "power is off")
    this.#agent?.end(true)
    this.#agent = undefined
    this.machine.powerOff()
    this.isPowered = false
  }

  /** Sets the machine up from nothing, as a new one in the place of the old. */
  replace(): void {
    this.powerOff()
    this.disk = emptyDisk()
    this.hasGivenUp = false
    this.startAgent()
  }

  /** The machine goes for good, whoever would switch it on again. */
  scrap(): void {
    this.powerOff()
    this.#isScrapped = true
  }

  /** Another machine with the same identity, as when a disk image was taken from one that had been in use. */
  clone(): Node {
    const firstPort = FIRST_PORT + 10_000 + this.#options.random.below(10_000)
    return new Node(this.#options, { ...this.properties, name: `${this.name}b` }, copyOf(this.disk), firstPort)
  }
}

function registrationOf({ cluster, cpu, memory, zone, tier }: NodeProperties): Input<"RegisterContainerInstance"> {
  return {
    cluster,
    instanceIdentityDocument: "",
    instanceIdentityDocumentSignature: "",
    totalResources: [
      { name: "CPU", type: "INTEGER", integerValue: cpu },
      { name: "MEMORY", type: "INTEGER", integerValue: memory },
      { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
      { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
    ],
    attributes: [
      ...CAPABILITIES.map((name) => ({ name })),
      { name: "ecs.os-type", value: "linux" },
      { name: "ecs.cpu-architecture", value: "x86_64" },
      { name: "ecs.availability-zone", value: zone },
      { name: "tier", value: tier },
    ],
  }
}

const FIRST_PORT = 32_768
const CAPABILITIES = [
  "com.amazonaws.ecs.capability.docker-remote-api.1.17",
  "com.amazonaws.ecs.capability.docker-remote-api.1.18",
  "com.amazonaws.ecs.capability.docker-remote-api.1.19",
  "com.amazonaws.ecs.capability.docker-remote-api.1.21",
  "com.amazonaws.ecs.capability.docker-remote-api.1.24",
  "com.amazonaws.ecs.capability.docker-remote-api.1.25",
  "com.amazonaws.ecs.capability.docker-remote-api.1.29",
  "com.amazonaws.ecs.capability.logging-driver.json-file",
  "com.amazonaws.ecs.capability.logging-driver.awslogs",
  "com.amazonaws.ecs.capability.task-iam-role",
  "ecs.capability.task-eni",
  "ecs.capability.execution-role-awslogs",
  "ecs.capability.execution-role-ecr-pull",
  "ecs.capability.container-health-check",
  "ecs.capability.container-ordering",
] as const
