import type { Duplex } from "node:stream"
import type { World } from "../../world/world.ts"
import type {
  Abilities,
  ContainerSpec,
  ContainerState,
  Engine,
  EngineEvent,
  NetworkSpec,
  TaskSpec,
  VolumeSpec,
} from "./engine.ts"
import { EngineError } from "./engine-error.ts"
import type { FakeImage } from "./fake/behaviour.ts"
import { FakeContainer } from "./fake/container.ts"
import { Faults } from "./fake/faults.ts"
import { FakeImages } from "./fake/images.ts"
import { FakeLog } from "./fake/log.ts"
import { type Connection, fakeEngine } from "./fake/open.ts"
import { FakePlaces } from "./fake/places.ts"

export type { Behaviour, ExecBehaviour, FakeImage, Writing } from "./fake/behaviour.ts"
export type { Fault, Operation } from "./fake/faults.ts"

/**
 * A machine without a kernel: images act out a script in the world's time. It outlives the engines that were opened on
 * it, as a real machine outlives the agent's process.
 */
export class FakeMachine {
  readonly world: World
  readonly abilities: Abilities
  readonly images: FakeImages
  readonly faults: Faults
  readonly places = new FakePlaces()
  readonly tasks = new Map<string, TaskSpec>()
  readonly volumes = new Map<string, VolumeSpec>()
  readonly #containers = new Map<string, FakeContainer>()
  readonly #connections = new Set<Connection>()

  constructor(world: World, images: readonly FakeImage[] = [], abilities: Partial<Abilities> = {}) {
    this.world = world
    this.abilities = { ...ABLE, ...abilities }
    this.images = new FakeImages(world)
    this.faults = new Faults(world)
    for (const image of images) this.images.publish(image)
  }

  /** As a process of an agent does it when it starts. */
  engine(): Engine {
    const { engine, connection } = fakeEngine(this)
    this.#connections.add(connection)
    return engine
  }

  /** The agent's process is killed: what it asked for still happens, but it hears and asks nothing any more. */
  cutOff(): void {
    for (const connection of this.#connections) connection.cut()
    this.#connections.clear()
  }

  /** Everything that ran is gone, with its networks and its tasks' part of the machine. What is on the disk stays. */
  reboot(): void {
    this.cutOff()
    for (const container of this.#containers.values()) container.lose()
    this.tasks.clear()
    this.places.clear()
  }

  /** The runtime goes away under the engines, or comes back to them. Containers do not care. */
  set runtimeDown(down: boolean) {
    const returns = this.faults.down && !down
    this.faults.down = down
    if (returns) for (const connection of this.#connections) connection.tell({ kind: "resync" })
  }

  container(id: string): FakeContainer | undefined {
    return this.#containers.get(id)
  }

  get containers(): readonly FakeContainer[] {
    return [...this.#containers.values()]
  }

  /** A container connects to what an agent serves in its network; undefined when nobody listens. */
  connect(networkId: string, address: string, port: number): Duplex | undefined {
    return this.places.connect(networkId, address, port)
  }

  // What follows is done by the engines of this machine.

  createTask(spec: TaskSpec): void {
    this.tasks.set(taskKey(spec.instance, spec.id), spec)
  }

  removeTask(instance: string, id: string): void {
    for (const { spec } of this.containers) {
      if (spec.instance === instance && spec.taskId === id) this.remove(spec.id)
    }
    for (const network of this.places.list()) {
      if (network.instance === instance && network.taskId === id) this.places.remove(network.id)
    }
    this.tasks.delete(taskKey(instance, id))
  }

  createNetwork(spec: NetworkSpec) {
    if (spec.mode === "given" && !this.abilities.givenNetworks) {
      throw new EngineError("invalid", "This engine cannot place containers in a network that is given.")
    }
    return this.places.create(spec)
  }

  create(spec: ContainerSpec): void {
    if (this.#containers.has(spec.id)) return
    const image = this.images.byId(spec.imageId)
    const script = this.images.script(spec.imageId)
    if (image === undefined || script === undefined) throw new EngineError("gone", `No such image: ${spec.imageId}`)
    if (!this.tasks.has(taskKey(spec.instance, spec.taskId))) {
      throw new EngineError("gone", `No such task: ${spec.taskId}`)
    }
    if (!this.places.has(spec.networkId)) throw new EngineError("gone", `No such network: ${spec.networkId}`)

    const { behaviour = {} } = script
    const behave = typeof behaviour === "function" ? (starts: number) => behaviour(spec, starts) : () => behaviour
    const { createFails } = behave(0)
    if (createFails !== undefined) throw createFails
    this.#containers.set(spec.id, new FakeContainer(this.world, spec, behave, (event) => this.#tell(event)))
  }

  start(id: string): void {
    const container = this.existing(id)
    if (!this.places.has(container.spec.networkId)) {
      throw new EngineError("gone", `No such network: ${container.spec.networkId}`)
    }
    container.start()
  }

  remove(id: string): void {
    this.#containers.get(id)?.exit(137)
    const { log } = this.#containers.get(id) ?? {}
    if (log !== undefined) log.ended = true
    this.#containers.delete(id)
  }

  existing(id: string): FakeContainer {
    const container = this.#containers.get(id)
    if (container === undefined) throw new EngineError("gone", `No such container: ${id}`)
    return container
  }

  list(instance: string): readonly ContainerState[] {
    return this.containers.filter(({ spec }) => spec.instance === instance).map(({ state }) => state)
  }

  log(id: string): FakeLog {
    return this.#containers.get(id)?.log ?? ended
  }

  removeImage(id: string): void {
    if (this.containers.some(({ spec }) => spec.imageId === id)) {
      throw new EngineError("invalid", `The image ${id} is in use by a container.`)
    }
    this.images.remove(id)
  }

  #tell(event: EngineEvent): void {
    if (this.faults.down) return
    for (const connection of this.#connections) connection.tell(event)
  }
}

const ABLE: Abilities = {
  givenNetworks: true,
  sharedNamespaces: true,
  taskLimits: true,
  privileged: true,
  apparmor: false,
  selinux: false,
  volumeDrivers: [],
  gpus: [],
}

/** Of a container that is not there. */
const ended = new FakeLog(0)
ended.ended = true

function taskKey(instance: string, id: string): string {
  return `${instance}/${id}`
}
