import { newUuid } from "../../world/ids.ts"
import type { World } from "../../world/world.ts"
import type { Engine } from "../engine/engine.ts"
import type { Region } from "../region.ts"
import type { Telemetry } from "../telemetry/telemetry.ts"
import { attributesOf, type Features } from "./capabilities.ts"
import { Acs } from "./link/acs.ts"
import { DiscoveredEndpoints } from "./link/poll-endpoints.ts"
import { type Attribute, NotRegistered, register } from "./link/registration.ts"
import { type AgentIdentity, acsUrl, tcsUrl } from "./link/session-url.ts"
import { Submissions } from "./link/submissions.ts"
import { Tcs } from "./link/tcs.ts"
import type { AgentState, Identity } from "./records.ts"
import { type Machine, platformDevices, type Reservations, totalResources } from "./resources.ts"
import type { Tasks } from "./tasks.ts"

export interface AgentParts {
  readonly world: World
  readonly region: Region
  readonly engine: Pick<Engine, "name" | "version" | "abilities">
  readonly state: AgentState
  readonly tasks: Tasks
  readonly telemetry: Telemetry
  readonly options: AgentOptions
}

export interface AgentOptions {
  /** A name or an ARN; the empty text for `default`, which is made when it is missing. */
  readonly cluster: string

  /** The part of the machine that is this instance's. */
  readonly machine: Machine
  readonly reserved?: Reservations
  readonly features: Features
  readonly logDrivers: readonly string[]

  /** The operator's own, said at the first registration. */
  readonly attributes?: readonly Attribute[]
  readonly tags?: readonly { readonly key: string; readonly value: string }[]

  /** As the region shows it, with the build's short commit. */
  readonly version: string
  readonly hash: string
  readonly publishMs?: number
}

/** What introspection and `homeport status` tell of an agent. */
export interface AgentStatus {
  readonly cluster: string
  readonly containerInstanceArn?: string
  readonly version: string
  readonly phase: "starting" | "registering" | "registered" | "refused" | "inactive" | "stopped"

  /** Why the region will not have it. */
  readonly refusal?: string
  readonly isConnected: boolean
  readonly isTelemetryConnected: boolean

  /** How many tasks there are of which the region has not heard everything. */
  readonly tasksToReport: number
}

/**
 * One instance's agent: it looks after the tasks that are there, registers, and then does what the region says. Nothing
 * that runs depends on the region being there, or on this process.
 */
export class Agent {
  /** Rejects with `NotRegistered` when the region will not have this instance, ever. */
  readonly registered: Promise<Identity>
  readonly #parts: AgentParts
  readonly #submissions: Submissions
  readonly #stopping = new AbortController()
  readonly #registered = Promise.withResolvers<Identity>()
  readonly #unwatch: () => void
  #acs: Acs | undefined
  #tcs: Tcs | undefined
  #phase: AgentStatus["phase"] = "starting"
  #refusal: string | undefined
  #isPaused = false

  constructor(parts: AgentParts) {
    this.#parts = parts
    const { world, region, state, tasks, options } = parts
    this.#submissions = new Submissions({ world, region, state, cluster: options.cluster || "default" })
    this.#unwatch = tasks.watch((task) => this.#submissions.changed(task))
    this.registered = this.#registered.promise
    // Who does not care to know finds it in the status.
    this.registered.catch(() => {})
  }

  /** Resolves when the tasks that were there before are looked after; the region may still be away then. */
  async start(): Promise<void> {
    const { state, tasks, options } = this.#parts
    await tasks.recover()
    if (this.#isStopped) return
    const { identity } = state
    const { bootId } = options.machine
    if (identity !== undefined && identity.bootId !== bootId) state.putIdentity({ ...identity, bootId })
    this.#submissions.start()
    this.#phase = "registering"
    this.#join().catch((error: unknown) => {
      if (this.#isStopped) return
      this.#phase = "refused"
      this.#refusal = error instanceof Error ? error.message : String(error)
      const isRefusal = error instanceof NotRegistered
      this.#parts.world.log.error(
        isRefusal ? "the region refuses this instance" : "the instance could not be registered",
        {
          reason: this.#refusal,
        },
      )
      this.#registered.reject(error)
    })
  }

  /** Hears nothing from the region any more, so nothing new is begun; what becomes of the tasks it still tells. */
  pause(): void {
    this.#isPaused = true
    this.#acs?.connection.stop()
  }

  /** Lets go of everything; what runs goes on running. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#stopping.abort()
    this.#phase = "stopped"
    this.#registered.reject(new Error("The agent was stopped before it was registered."))
    this.#unwatch()
    this.#acs?.connection.stop()
    this.#tcs?.stop()
    this.#submissions.stop()
    this.#parts.telemetry.close()
    await this.#parts.tasks.close()
    this.#parts.state.close()
  }

  status(): AgentStatus {
    const { state, options } = this.#parts
    const arn = state.identity?.containerInstanceArn
    return {
      cluster: state.identity?.cluster ?? (options.cluster || "default"),
      ...(arn !== undefined && { containerInstanceArn: arn }),
      version: options.version,
      phase: this.#phase,
      ...(this.#refusal !== undefined && { refusal: this.#refusal }),
      isConnected: this.#acs?.connection.isOpen === true,
      isTelemetryConnected: this.#tcs?.connection.isOpen === true,
      tasksToReport: this.#submissions.waiting,
    }
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #join(): Promise<void> {
    const { world, region, engine, state, options } = this.#parts
    const { cluster, machine, reserved, features, logDrivers, attributes = [], tags = [] } = options
    const registration = {
      cluster,
      attributes: attributesOf({ abilities: engine.abilities, features, machine, logDrivers }),
      customAttributes: attributes,
      tags,
      totalResources: totalResources(machine, reserved),
      platformDevices: platformDevices(engine.abilities.gpus),
      clientToken: newUuid(world.random),
      bootId: machine.bootId,
    }
    const identity = await register({ world, region, signal: this.#stopping.signal }, registration, state.identity)
    if (this.#isStopped) return
    state.putIdentity(identity)
    this.#phase = "registered"
    world.log.info("the instance is registered", { instance: identity.containerInstanceArn })
    this.#connect(identity)
    this.#registered.resolve(identity)
  }

  #connect({ cluster, containerInstanceArn }: Identity): void {
    const { world, region, engine, state, tasks, telemetry, options } = this.#parts
    const { version, hash, publishMs } = options
    const identity: AgentIdentity = { cluster, containerInstanceArn, version, hash, runtime: engine }
    const endpoints = new DiscoveredEndpoints(world, region, { cluster, containerInstanceArn })
    const connecting: Pick<Region, "connect"> = {
      async connect(url) {
        try {
          return await region.connect(url)
        } catch (error) {
          // Another replica may lead by now, and live elsewhere.
          endpoints.doubt()
          throw error
        }
      },
    }

    const tcs = new Tcs({
      world,
      region: connecting,
      telemetry,
      reporter: { cluster, containerInstance: containerInstanceArn },
      url: async () => tcsUrl((await endpoints.get()).tcs, identity),
      ...(publishMs !== undefined && { publishMs }),
    })
    const acs = new Acs({
      world,
      region: connecting,
      state,
      tasks,
      submissions: this.#submissions,
      cluster,
      url: async (sendCredentials) => acsUrl((await endpoints.get()).acs, identity, sendCredentials),
      opened: () => {
        this.#phase = "registered"
        this.#submissions.hurry()
      },
      heartbeat: () => tcs.check(),
      inactive: () => {
        if (this.#phase !== "inactive") tcs.connection.disconnect()
        this.#phase = "inactive"
      },
    })
    this.#acs = acs
    this.#tcs = tcs
    if (!this.#isPaused) acs.connection.start()
    tcs.start()
  }
}
