import type { InstanceStatus, TaskHealth, TaskMetrics } from "../../wire/tcs.ts"
import type { World } from "../../world/world.ts"
import type { ContainerRecord, TaskRecord } from "../agent/records.ts"
import type { ContainerStats, Engine } from "../engine/engine.ts"
import { ContainerSamples } from "./container-samples.ts"
import { describedBy, healthOf } from "./health.ts"
import { Sampler } from "./sampler.ts"

/** What an agent knows of how its containers fare: what its link publishes, and what the containers can ask for. */
export interface Telemetry {
  /**
   * What was measured since this was last asked, task by task, each sample once. A container appears with its second
   * sample. To be asked when the frame can be sent, as what was taken is not kept; until then a bounded number is.
   */
  takeMetrics(): readonly TaskMetrics[]

  /** Whether nothing runs, as a frame of metrics says. */
  readonly isIdle: boolean

  /** Of the tasks that have containers with a health check; none is sent when there are none. */
  health(): readonly TaskHealth[]

  /** How the machine is, asked for anew. */
  statuses(): Promise<InstanceStatus["statuses"]>

  /** The newest two samples of a container of this agent. */
  latest(containerId: string): LatestStats | undefined
  close(): void
}

export interface LatestStats {
  readonly current: StatsSample
  readonly previous: StatsSample
}

export interface StatsSample {
  readonly stats: ContainerStats

  /** In milliseconds of the monotonic clock, which the rates are reckoned with. */
  readonly monotonic: number

  /** Of the whole host. */
  readonly processors: number
}

export interface TelemetryOptions {
  readonly world: World
  readonly engine: Pick<Engine, "stats" | "isWell">

  /** Of one agent, as they stand whenever they are looked at. */
  readonly tasks: () => Iterable<TaskRecord>

  /** Of the whole host. */
  readonly processors: number
  readonly intervalMs?: number
}

export function startTelemetry(options: TelemetryOptions): Telemetry {
  return new AgentTelemetry(options)
}

class AgentTelemetry implements Telemetry {
  readonly #options: TelemetryOptions
  readonly #samples = new Map<string, ContainerSamples>()
  readonly #sampler: Sampler
  readonly #restartsTold = new Map<string, number>()
  #sharing = new Map<string, number>()
  #status: { readonly isWell: boolean; readonly since: number } | undefined

  constructor(options: TelemetryOptions) {
    this.#options = options
    // Restarts that an earlier process of ours has seen were told by it.
    for (const { containers } of options.tasks()) {
      for (const { id, restartCount } of containers) this.#restartsTold.set(id, restartCount)
    }
    const { world, engine, processors, intervalMs } = options
    this.#sampler = new Sampler({
      world,
      engine,
      running: () => this.#lookAround(),
      sampled: (id, stats) => {
        const sample = { stats, monotonic: world.monotonic(), processors }
        this.#samples.get(id)?.add(sample, this.#sharing.get(id) ?? 1)
      },
      ...(intervalMs !== undefined && { intervalMs }),
    })
  }

  get isIdle(): boolean {
    for (const task of this.#options.tasks()) {
      if (task.containers.some(isRunning)) return false
    }
    return true
  }

  takeMetrics(): readonly TaskMetrics[] {
    const metrics: TaskMetrics[] = []
    for (const task of this.#options.tasks()) {
      const containerMetrics = task.containers.flatMap((container) => this.#take(task, container) ?? [])
      if (containerMetrics.length > 0) metrics.push({ ...describedBy(task), containerMetrics })
    }
    return metrics
  }

  health(): readonly TaskHealth[] {
    return healthOf(this.#options.tasks(), this.#options.world.now())
  }

  async statuses(): Promise<InstanceStatus["statuses"]> {
    const { world, engine } = this.#options
    const isWell = await engine.isWell().catch(() => false)
    const now = world.now()
    if (this.#status?.isWell !== isWell) this.#status = { isWell, since: now }
    return [
      {
        type: "ContainerRuntime",
        status: isWell ? "OK" : "IMPAIRED",
        lastUpdated: now / 1000,
        lastStatusChange: this.#status.since / 1000,
      },
    ]
  }

  latest(containerId: string): LatestStats | undefined {
    return this.#samples.get(containerId)?.latest
  }

  close(): void {
    this.#sampler.close()
  }

  #take(task: TaskRecord, container: ContainerRecord): TaskMetrics["containerMetrics"][number] | undefined {
    const usage = this.#samples.get(container.id)?.take()
    if (usage === undefined) return undefined
    const { containerArn, restartPolicy } = task.payload.containers.find(({ name }) => name === container.name) ?? {}
    return {
      containerName: container.name,
      ...(containerArn !== undefined && { containerArn }),
      ...usage,
      ...(restartPolicy?.enabled && { restartStatsSet: { restartCount: this.#newRestarts(container) } }),
    }
  }

  #newRestarts({ id, restartCount }: ContainerRecord): number {
    const told = this.#restartsTold.get(id) ?? 0
    this.#restartsTold.set(id, restartCount)
    return Math.max(0, restartCount - told)
  }

  /** Finds what runs, makes room for what is new and forgets what does not run any more. */
  #lookAround(): readonly string[] {
    const known = new Set<string>()
    const running: string[] = []
    const sharing = new Map<string, number>()
    for (const { containers } of this.#options.tasks()) {
      for (const container of containers) {
        known.add(container.id)
        if (!isRunning(container)) continue
        running.push(container.id)
        const { networkId } = container
        sharing.set(
          container.id,
          containers.filter((other) => isRunning(other) && other.networkId === networkId).length,
        )
        if (!this.#samples.has(container.id)) this.#samples.set(container.id, new ContainerSamples())
      }
    }
    this.#sharing = sharing
    for (const id of this.#samples.keys()) if (!sharing.has(id)) this.#samples.delete(id)
    for (const id of this.#restartsTold.keys()) if (!known.has(id)) this.#restartsTold.delete(id)
    return running
  }
}

function isRunning({ knownStatus }: ContainerRecord): boolean {
  return knownStatus === "RUNNING"
}
