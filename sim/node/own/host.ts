import { EngineError } from "../../../src/node/engine/engine-error.ts"
import { FakeMachine, type Operation } from "../../../src/node/engine/fake.ts"
import type { World } from "../../../src/world/world.ts"
import { between, oneOf } from "../../workload/draw.ts"
import type { AgentSight, Host, HostPlace, HostSurroundings, ReportedStatus } from "../host.ts"
import { type AgentDisk, copyOf, emptyDisk } from "./agent-disk.ts"
import { AgentProcess } from "./agent-process.ts"
import { fakeImages } from "./images.ts"
import { Ledger } from "./ledger.ts"

/** Our own agent on a machine without a kernel: everything between the region's frames and the engine is the real thing. */
export class OwnHost implements Host {
  readonly machine: FakeMachine
  readonly disk: AgentDisk
  readonly #surroundings: HostSurroundings
  readonly #place: HostPlace
  readonly #ledger: Ledger

  /** How many milliseconds its runtime may take for an answer on a good day. */
  readonly #slowness: number
  #agent: AgentProcess | undefined

  /** Counts how often the machine was started. */
  #life = 0

  constructor(surroundings: HostSurroundings, place: HostPlace, disk: AgentDisk = emptyDisk(surroundings.random)) {
    const { random, ran, found } = surroundings
    this.#surroundings = surroundings
    this.#place = place
    this.disk = disk
    this.#slowness = oneOf(random, [10, 120, 2_000])
    this.machine = new FakeMachine(this.#machineWorld(), fakeImages(random))
    this.#ledger = new Ledger({ machine: this.machine, name: place.properties.name, disk, ran, found })
    this.mend()
  }

  get own(): this {
    return this
  }

  get agent(): AgentSight | undefined {
    return this.#agent
  }

  get instanceArn(): string | undefined {
    return this.disk.state.identity?.containerInstanceArn
  }

  get hasGivenUp(): boolean {
    return this.#agent?.hasGivenUp === true
  }

  running(): string[] {
    return [...new Set(this.machine.containers.flatMap(({ running, spec }) => (running ? [taskOf(spec)] : [])))]
  }

  taken(): Iterable<readonly [task: string, status: ReportedStatus]> {
    return this.disk.taken
  }

  startAgent(): void {
    const { machine, disk } = this
    const bootId = `${disk.machine} ${this.#life}`
    const reported = this.#ledger.reported.bind(this.#ledger)
    this.#agent = new AgentProcess(this.#surroundings, this.#place, { machine, disk, bootId, reported })
  }

  killAgent(): void {
    this.#agent?.end(false)
    this.#agent = undefined
    this.machine.cutOff()
    this.#ledger.listen()
  }

  powerOff(): void {
    this.#agent?.end(true)
    this.#agent = undefined
    this.#life += 1
    this.machine.reboot()
    this.#ledger.listen()
  }

  kill(task: string): void {
    this.machine.containers.find(({ running, spec }) => running && taskOf(spec) === task)?.runOutOfMemory()
  }

  twin(place: HostPlace): OwnHost {
    return new OwnHost(this.#surroundings, place, copyOf(this.disk, this.#surroundings.random))
  }

  /** The containers' runtime stops to answer, while they run on. */
  loseRuntime(): void {
    this.machine.runtimeDown = true
  }

  /** The next answers of the runtime do not come, whether or not it has done what it was asked. */
  loseAnswers(count: number): void {
    const { random } = this.#surroundings
    for (let lost = 0; lost < count; lost++) {
      const error = new EngineError("unavailable", "The runtime's answer is lost.")
      this.machine.faults.add({ operation: oneOf(random, OPERATIONS), error, done: random.below(2) === 0 })
    }
  }

  slowDown(): void {
    for (const operation of OPERATIONS) this.#setDelay(operation, 500, 12_000)
  }

  mend(): void {
    this.machine.runtimeDown = false
    this.machine.faults.clear()
    for (const operation of OPERATIONS) this.#setDelay(operation, 1, this.#slowness)
  }

  #setDelay(operation: Operation, least: number, most: number): void {
    this.machine.faults.delays.set(operation, between(this.#surroundings.random, least, most))
  }

  /** What a machine has begun ends with its power. */
  #machineWorld(): World {
    const { world, random } = this.#surroundings
    return {
      now: () => world.now(),
      monotonic: () => world.monotonic(),
      after: (ms, task) => {
        const life = this.#life
        return world.after(ms, () => {
          if (life === this.#life) task()
        })
      },
      random,
      log: world.log,
    }
  }
}

function taskOf({ labels }: { readonly labels: Readonly<Record<string, string>> }): string {
  return labels["com.amazonaws.ecs.task-arn"] ?? ""
}

const OPERATIONS: readonly Operation[] = [
  "createTask",
  "removeTask",
  "createNetwork",
  "removeNetwork",
  "create",
  "start",
  "signal",
  "remove",
  "exec",
  "list",
  "inspect",
  "images",
]
