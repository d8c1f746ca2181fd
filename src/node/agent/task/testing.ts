import type { Container, TaskPayload } from "../../../wire/task.ts"
import { type Line, recordingLog } from "../../../world/log.ts"
import { type SimulatedWorld, simulatedWorld } from "../../../world/simulated.ts"
import { type FakeImage, FakeMachine } from "../../engine/fake.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { MemoryState } from "../state-memory.ts"
import type { TaskEngineOptions } from "./options.ts"
import { TaskEngine } from "./task-engine.ts"

/** It outlives the agents that write to it, as a disk does, and knows how often they did. */
export class CountingState extends MemoryState {
  writes = 0

  override putTask(task: TaskRecord): void {
    this.writes += 1
    super.putTask(task)
  }
}

export function aContainer(container: Partial<Container> = {}): Container {
  return { name: "app", image: "busybox:1", cpu: 0, memory: 0, essential: true, ...container }
}

export function aPayload(payload: Partial<TaskPayload> = {}): TaskPayload {
  const id = payload.arn === undefined ? "9f00" : payload.arn.split("/").at(-1)!
  return {
    arn: `arn:aws:ecs:us-east-1:111122223333:task/shop/${id}`,
    taskClusterArn: "arn:aws:ecs:us-east-1:111122223333:cluster/shop",
    desiredStatus: "RUNNING",
    family: "web",
    version: "3",
    containers: [aContainer()],
    ...payload,
  }
}

export function aRecord(container: Partial<ContainerRecord> = {}): ContainerRecord {
  const { name = "app" } = container
  return {
    name,
    id: `${name}-id`,
    endpointId: `${name}-endpoint`,
    runtimeName: `ecs-web-3-${name}-c0ffee`,
    networkId: `${name}-network`,
    knownStatus: "NONE",
    bindings: [],
    addresses: [],
    restartCount: 0,
    ...container,
  }
}

/** With a record of each container that the payload has, unless the test says more of it. */
export function aTask(payload: TaskPayload = aPayload(), task: Partial<TaskRecord> = {}): TaskRecord {
  return {
    arn: payload.arn,
    id: payload.arn.split("/").at(-1)!,
    payload,
    receivedAt: 0,
    desiredStatus: "RUNNING",
    knownStatus: "NONE",
    containers: payload.containers.map(({ name }) => aRecord({ name })),
    sent: { containers: {}, attachments: {} },
    ...task,
  }
}

/** A machine, an agent's disk and the task engines that come and go on them. */
export class TaskWorld {
  readonly world: SimulatedWorld
  readonly machine: FakeMachine
  readonly state = new CountingState()
  readonly lines: readonly Line[]
  bootId = "boot-1"
  tasks: TaskEngine

  /** Each record as it was told of, in order. */
  readonly told: TaskRecord[] = []
  readonly #options: Partial<TaskEngineOptions>

  constructor(
    images: readonly FakeImage[] = [],
    options: Partial<TaskEngineOptions> & { readonly seed?: number } = {},
  ) {
    const log = recordingLog()
    this.lines = log.lines
    this.world = simulatedWorld({ log, seed: options.seed ?? 1 })
    this.machine = new FakeMachine(this.world, [{ reference: "busybox:1", present: true }, ...images])
    this.#options = options
    this.tasks = this.#newEngine()
  }

  #newEngine(): TaskEngine {
    const tasks = new TaskEngine({
      world: this.world,
      engine: this.machine.engine(),
      state: this.state,
      instance: "local",
      region: "us-east-1",
      bootId: this.bootId,
      resources: { cpu: 4096, memory: 8192, reservedPorts: { tcp: [22], udp: [] }, gpus: [] },
      ...this.#options,
    })
    tasks.watch((task) => this.told.push(task))
    return tasks
  }

  async begin(): Promise<this> {
    await this.tasks.recover()
    return this
  }

  /** The agent's process is killed with -9 and comes again. */
  async restart(): Promise<void> {
    this.kill()
    this.tasks = this.#newEngine()
    await this.tasks.recover()
  }

  /** The same where an engine's answers take time. */
  async restartIn(world: SimulatedWorld): Promise<void> {
    const restarted = this.restart()
    await world.advance(1_000)
    await restarted
  }

  kill(): void {
    this.machine.cutOff()
    void this.tasks.close()
  }

  async run(payload: TaskPayload): Promise<void> {
    this.tasks.accept(payload)
    await this.world.settle()
  }

  task(arn: string = aPayload().arn): TaskRecord {
    return this.state.tasks.get(arn)!
  }

  container(name = "app", arn: string = aPayload().arn): ContainerRecord {
    return this.task(arn).containers.find((container) => container.name === name)!
  }

  /** As it is on the machine. */
  fake(name = "app", arn: string = aPayload().arn) {
    return this.machine.container(this.container(name, arn).id)!
  }

  /** The region has heard of everything. */
  confirm(arn: string = aPayload().arn): void {
    const task = this.task(arn)
    if (task.knownStatus === "STOPPED") this.state.putTask({ ...task, sent: { ...task.sent, status: "STOPPED" } })
  }
}
