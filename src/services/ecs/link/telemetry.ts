import type { Socket, SocketListener } from "../../../aws/socket.ts"
import type { Scope } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import type { Tx } from "../../../store/transaction.ts"
import { Malformed } from "../../../wire/shape.ts"
import {
  type Health,
  type InstanceStatus,
  type Metrics,
  type TaskHealth,
  type TaskMetrics,
  type TcsFromAgent,
  type TcsFromRegion,
  tcsFromAgent,
  tcsFromRegion,
  withoutSignature,
} from "../../../wire/tcs.ts"
import type { World } from "../../../world/world.ts"
import { reportHealth } from "../container-instance/write.ts"
import { applyHealth } from "../lifecycle/report.ts"
import { Allowance } from "./allowance.ts"
import { CLOSE } from "./close.ts"
import { ownerOf, taskOf } from "./instance-tasks.ts"
import type { LatestUsage, TaskUsage } from "./usage.ts"

export interface TelemetryHost {
  readonly world: World
  readonly store: Store
  readonly usage: LatestUsage
  telemetryEnded(session: TelemetrySession): void
}

/** What an agent tells of its containers on a connection of its own: what they use, and how they are. */
export class TelemetrySession implements SocketListener {
  readonly instanceArn: string
  readonly #scope: Scope
  readonly #host: TelemetryHost
  readonly #socket: Socket
  readonly #allowance: Allowance
  #batchId = ""
  #batchSince = 0
  #status = ""
  #statusAt = 0
  #heartbeatAt: number
  #heardAt: number
  #isOver = false

  constructor(host: TelemetryHost, socket: Socket, { instanceArn, scope }: { instanceArn: string; scope: Scope }) {
    this.instanceArn = instanceArn
    this.#scope = scope
    this.#host = host
    this.#socket = socket
    const now = host.world.monotonic()
    this.#allowance = new Allowance(now, ALLOWANCE)
    this.#heardAt = now
    this.#heartbeatAt = now + HEARTBEAT_MS - host.world.random.below(HEARTBEAT_SPREAD_MS)
  }

  look(now: number): void {
    // An agent with nothing to measure is silent, but no agent keeps a session for much longer than half an hour.
    if (now - this.#heardAt > SILENCE_MS_MAX) this.end(CLOSE.gone, "nothing was heard for too long")
    if (this.#isOver || now < this.#heartbeatAt) return
    this.#heartbeatAt = now + HEARTBEAT_MS
    this.#socket.send(tcsFromRegion.encode("HeartbeatMessage", { healthy: true }))
  }

  message(frame: string): void {
    if (this.#isOver) return
    const { world, store } = this.#host
    const now = world.monotonic()
    if (!this.#allowance.take(FRAME_COST + frame.length, now)) {
      this.end(CLOSE.tooMuch, "too much telemetry")
      return
    }
    let heard: TcsFromAgent | undefined
    try {
      heard = tcsFromAgent.decode(withoutSignature(frame))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      const { message: reason } = error
      world.log.debug("an agent sent telemetry that makes no sense", { instance: this.instanceArn, reason })
    }
    // What cannot be taken in now is not acknowledged, and comes again.
    if (heard === undefined || store.isBehind || !store.mayAnswer()) return
    this.#heardAt = now
    this.#hear(heard)
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.telemetryEnded(this)
  }

  end(code: number, reason: string): void {
    if (this.#isOver) return
    this.closed()
    this.#socket.close(code, reason)
  }

  #hear(heard: TcsFromAgent): void {
    switch (heard.type) {
      case "PublishMetricsRequest":
        this.#hearMetrics(heard.message)
        this.#acknowledge("AckPublishMetric")
        break
      case "PublishHealthRequest":
        this.#hearHealth(heard.message)
        this.#acknowledge("AckPublishHealth")
        break
      case "PublishInstanceStatusRequest":
        this.#hearStatus(heard.message)
        this.#acknowledge("AckPublishInstanceStatus")
    }
  }

  #hearMetrics({ metadata, taskMetrics = [] }: Metrics): void {
    const { world, usage } = this.#host
    const at = world.now()
    if (metadata.messageId !== this.#batchId) {
      this.#batchId = metadata.messageId
      this.#batchSince = at
    }
    // The table's own text of an ARN is kept, not a second copy of it.
    const told = this.#attempt((tx) =>
      taskMetrics.flatMap((task) => {
        const known = taskOf(tx, this.instanceArn, task.taskArn)
        return known === undefined ? [] : [[known.arn, usageOf(task, at)] as const]
      }),
    )
    usage.tell(this.instanceArn, { since: this.#batchSince, isLast: metadata.fin }, told ?? [])
  }

  /** A few tasks in each transaction, however many the frame has. */
  #hearHealth({ tasks = [] }: Health): void {
    for (let from = 0; from < tasks.length; from += TASKS_PER_TRANSACTION) {
      const some = tasks.slice(from, from + TASKS_PER_TRANSACTION)
      this.#attempt((tx) => {
        for (const { taskArn, containers } of some) {
          const task = taskOf(tx, this.instanceArn, taskArn)
          if (task !== undefined) applyHealth(this.#writer(ownerOf(tx, taskArn)), task, healthOf(containers))
        }
      })
    }
  }

  /** It is told after every heartbeat, and hardly ever anything new: a record is not written each time. */
  #hearStatus({ statuses }: InstanceStatus): void {
    const checks = statuses.flatMap(({ type, status, statusReason }) =>
      type === "ContainerRuntime"
        ? { type: "CONTAINER_RUNTIME" as const, status, ...(statusReason !== undefined && { reason: statusReason }) }
        : [],
    )
    const told = JSON.stringify(checks)
    const now = this.#host.world.monotonic()
    if (told === this.#status && now - this.#statusAt < STATUS_MS) return
    this.#status = told
    this.#statusAt = now
    this.#attempt((tx) => reportHealth(this.#writer(tx), this.instanceArn, checks))
  }

  /** What goes wrong here is our mistake, and no reason to hang up: more telemetry will come. */
  #attempt<T>(work: (tx: Tx) => T): T | undefined {
    const { store, world } = this.#host
    const outcome = store.attempt(this.#scope, work)
    if (outcome.ok) return outcome.value
    const error = outcome.error instanceof Error ? outcome.error.stack : String(outcome.error)
    world.log.error("telemetry could not be taken in", { instance: this.instanceArn, error })
    return undefined
  }

  #writer(tx: Tx) {
    const { world } = this.#host
    return { tx, now: world.now(), random: world.random }
  }

  #acknowledge(type: TcsFromRegion["type"]): void {
    this.#socket.send(tcsFromRegion.encode(type, { message: "" } as never))
  }
}

function healthOf(containers: TaskHealth["containers"]) {
  return containers.map(({ containerName, healthStatus }) => ({ containerName, status: healthStatus }))
}

function usageOf({ containerMetrics }: TaskMetrics, at: number): TaskUsage {
  let cpuPercent = 0
  let memoryMiB = 0
  for (const { cpuStatsSet: cpu, memoryStatsSet: memory } of containerMetrics) {
    if (cpu.sampleCount > 0) cpuPercent += cpu.sum / cpu.sampleCount
    if (memory.sampleCount > 0) memoryMiB += memory.sum / memory.sampleCount
  }
  return { cpuPercent, memoryMiB, at }
}

/** An agent hangs up after a minute in which it hears nothing. */
const HEARTBEAT_MS = 25_000
const HEARTBEAT_SPREAD_MS = 5_000
const SILENCE_MS_MAX = 45 * 60_000
const TASKS_PER_TRANSACTION = 10
const STATUS_MS = 10 * 60_000

/** In characters. Ten tasks in a frame of at most a mebibyte, every twenty seconds; a frame costs something in itself. */
const ALLOWANCE = { burst: 16 * 2 ** 20, perSecond: 2 ** 20 }
const FRAME_COST = 4_096
