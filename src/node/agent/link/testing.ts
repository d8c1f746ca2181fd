import type { Credentials, TaskPayload } from "../../../wire/task.ts"
import type { World } from "../../../world/world.ts"
import type { Telemetry } from "../../telemetry/telemetry.ts"
import type { Features } from "../capabilities.ts"
import type { AgentState, ContainerRecord, TaskRecord } from "../records.ts"
import type { Machine } from "../resources.ts"
import { type Tasks, Unusable } from "../tasks.ts"

/** Records as tests need them: they say what matters, and this fills in the rest. */
export function aTask(said: Partial<TaskRecord> = {}): TaskRecord {
  const arn = said.arn ?? "arn:aws:ecs:us-east-1:111122223333:task/default/one"
  return {
    arn,
    id: arn.slice(arn.lastIndexOf("/") + 1),
    payload: aPayload({ arn }),
    receivedAt: 0,
    desiredStatus: "RUNNING",
    knownStatus: "NONE",
    containers: [],
    sent: { containers: {}, attachments: {} },
    ...said,
  }
}

export function aContainer(said: Partial<ContainerRecord> = {}): ContainerRecord {
  const name = said.name ?? "app"
  return {
    name,
    id: `id-of-${name}`,
    endpointId: `endpoint-of-${name}`,
    runtimeName: `ecs-web-1-${name}`,
    networkId: "network",
    knownStatus: "NONE",
    bindings: [],
    addresses: [],
    restartCount: 0,
    ...said,
  }
}

export function aPayload(said: Partial<TaskPayload> = {}): TaskPayload {
  return {
    arn: "arn:aws:ecs:us-east-1:111122223333:task/default/one",
    desiredStatus: "RUNNING",
    family: "web",
    version: "1",
    containers: [{ name: "app", image: "web:1", cpu: 0, memory: 0, essential: true }],
    ...said,
  }
}

/** A task engine that runs nothing: tasks begin and end in the world's time, or when a test says so. */
export class FakeTasks implements Tasks {
  readonly attached: string[] = []
  readonly refreshed: string[] = []
  readonly #world: World
  readonly #state: AgentState
  readonly #startMs: number
  #listener: (task: TaskRecord) => void = () => {}

  constructor(world: World, state: AgentState, { startMs = 100 }: { readonly startMs?: number } = {}) {
    this.#world = world
    this.#state = state
    this.#startMs = startMs
  }

  accept(payload: TaskPayload): void {
    const { arn, containers } = payload
    if (payload.desiredStatus === "STOPPED") this.stop(arn)
    if (this.#state.tasks.has(arn)) return
    if (containers.length === 0) throw new Unusable("a task has containers")
    const records = containers.map(({ name }) => aContainer({ name, id: `${arn.slice(-8)}-${name}` }))
    this.#put(aTask({ arn, payload, containers: records }))
    this.#world.after(this.#startMs, () => this.run(arn))
  }

  /** All of its containers are started. */
  run(arn: string): void {
    const task = this.#state.tasks.get(arn)
    if (task?.desiredStatus !== "RUNNING" || task.knownStatus === "STOPPED") return
    const startedAt = this.#world.now()
    const started = { knownStatus: "RUNNING" as const, createdAt: startedAt, startedAt }
    this.#put({ ...task, knownStatus: "RUNNING", containers: task.containers.map((one) => ({ ...one, ...started })) })
  }

  stop(arn: string): void {
    const task = this.#state.tasks.get(arn)
    if (task === undefined || task.desiredStatus === "STOPPED") return
    this.#put({ ...task, desiredStatus: "STOPPED" })
    this.#world.after(this.#startMs, () => this.exit(arn, 137))
  }

  /** All of its containers end. */
  exit(arn: string, exitCode: number): void {
    const task = this.#state.tasks.get(arn)
    if (task === undefined || task.knownStatus === "STOPPED") return
    const ended = task.containers.map((one) => ({
      ...one,
      knownStatus: "STOPPED" as const,
      ...(one.startedAt !== undefined && { exitCode }),
    }))
    this.#put({ ...task, desiredStatus: "STOPPED", knownStatus: "STOPPED", containers: ended })
  }

  /** One of its containers ends, and the task goes on. */
  endContainer(arn: string, name: string, exitCode: number): void {
    const task = this.#state.tasks.get(arn)!
    const containers = task.containers.map((one) =>
      one.name === name ? { ...one, knownStatus: "STOPPED" as const, exitCode } : one,
    )
    this.#put({ ...task, containers })
  }

  async attach(taskArn: string): Promise<void> {
    this.attached.push(taskArn)
  }

  refreshCredentials(taskArn: string, { credentialsId }: Credentials): boolean {
    if (!this.#state.tasks.has(taskArn)) return false
    this.refreshed.push(credentialsId)
    return true
  }

  credentials(): undefined {}

  watch(listener: (task: TaskRecord) => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => {}
    }
  }

  async recover(): Promise<void> {}
  async close(): Promise<void> {}

  #put(task: TaskRecord): void {
    this.#state.putTask(task)
    this.#listener(task)
  }
}

/** Of a machine that measures nothing. */
export const noTelemetry: Telemetry = {
  takeMetrics: () => [],
  isIdle: true,
  health: () => [],
  statuses: async () => [{ type: "ContainerRuntime", status: "OK" }],
  latest: () => undefined,
  close: () => {},
}

export const aMachine: Machine = {
  processors: 4,
  memoryMiB: 8192,
  architecture: "x86_64",
  system: "debian_12",
  bootId: "first",
}

export const allFeatures: Features = {
  taskRoles: true,
  taskRolesInHostNetwork: true,
  ecr: true,
  registryLogins: true,
  secretsOfSystemsManager: true,
  secretsOfSecretsManager: true,
  environmentFiles: true,
  executionRoleLogs: true,
  interfaces: true,
  efs: false,
  executeCommand: false,
  external: false,
  privileged: true,
}

export const anEngine = {
  name: "fake",
  version: "1",
  abilities: {
    givenNetworks: true,
    sharedNamespaces: true,
    taskLimits: true,
    privileged: true,
    apparmor: false,
    selinux: false,
    volumeDrivers: [],
    gpus: [],
  },
} as const
