import type { World } from "../../world/world.ts"
import type { AgentState, ContainerRecord, TaskRecord } from "../agent/records.ts"
import { readDockerConfig } from "../agent/task/docker-config.ts"
import { Gate } from "../agent/task/gate.ts"
import type { LogFollower } from "../agent/task/log-follower.ts"
import type { Engine } from "../engine/engine.ts"
import { type LogDriver, LogRefusal, type LogTarget } from "./driver.ts"
import { Following } from "./following.ts"

export interface NodeLogFollowerOptions {
  readonly world: World
  readonly engine: Pick<Engine, "logs">
  readonly state: Pick<AgentState, "logPosition" | "putLogPosition">

  /** By the name that a log configuration gives. */
  readonly drivers: ReadonlyMap<string, LogDriver>

  /** Of a container whose task definition names none. */
  readonly defaults: Pick<LogTarget, "driver" | "options">

  /** The options that a task definition keeps as secrets. */
  readonly secretOptions?: (task: TaskRecord, container: ContainerRecord) => Promise<LogTarget["options"]>
}

/** Carries the logs of an agent's containers, each by the driver that its task definition names. */
export class NodeLogFollower implements LogFollower {
  readonly #options: NodeLogFollowerOptions
  readonly #followings = new Map<string, Promise<Following | undefined>>()
  readonly #catchingUp = new Gate(CATCHING_UP_MAX)
  #isClosed = false

  constructor(options: NodeLogFollowerOptions) {
    this.#options = options
  }

  async prepare(task: TaskRecord, container: ContainerRecord): Promise<void> {
    const target = await this.#target(task, container)
    await this.#driver(target).prepare(target)
  }

  follow(task: TaskRecord, container: ContainerRecord): void {
    const read = async () => (await this.#following(task, container))?.read()
    const isOver = container.knownStatus === "STOPPED"
    const reading = isOver ? this.#catchingUp.enter(() => this.#within(CATCHING_UP_MS_MAX, read())) : read()
    reading.catch((error) => {
      const fields = { task: task.arn, container: container.name, error: String(error) }
      this.#options.world.log.error("a container's log is not carried any more", fields)
    })
  }

  async finished(task: TaskRecord, container: ContainerRecord): Promise<void> {
    const following = await this.#following(task, container)
    if (following === undefined) return
    await this.#within(FINISH_MS_MAX, following.finish())
    following.close()
    this.#followings.delete(container.id)
    const target = await this.#target(task, container)
    await this.#driver(target).remove?.(target)
  }

  /** Lets go of all logs; containers write on, and a later process carries on. */
  close(): void {
    this.#isClosed = true
    for (const following of this.#followings.values()) void following.then((open) => open?.close())
    this.#followings.clear()
  }

  #following(task: TaskRecord, container: ContainerRecord): Promise<Following | undefined> {
    let following = this.#followings.get(container.id)
    if (following === undefined) {
      following = this.#open(task, container).catch((error) => {
        this.#options.world.log.warn("a container's log cannot be carried", {
          task: task.arn,
          container: container.name,
          error: String(error),
        })
        this.#followings.delete(container.id)
        return undefined
      })
      this.#followings.set(container.id, following)
    }
    return following
  }

  async #open(task: TaskRecord, container: ContainerRecord): Promise<Following | undefined> {
    const { world, state, engine } = this.#options
    const target = await this.#target(task, container)
    if (this.#isClosed) return undefined
    return new Following({ world, state, source: engine.logs(container.id), driver: this.#driver(target), target })
  }

  async #target(task: TaskRecord, container: ContainerRecord): Promise<LogTarget> {
    const { defaults, secretOptions } = this.#options
    const asked = task.payload.containers.find(({ name }) => name === container.name)
    const { host } = readDockerConfig(asked?.dockerConfig)
    if (host.logDriver === undefined) return { task, container, ...defaults }
    const isSecret = asked?.secrets?.some(({ target }) => target === "LOG_DRIVER")
    const secrets = isSecret ? await secretOptions?.(task, container) : {}
    return { task, container, driver: host.logDriver, options: { ...host.logOptions, ...secrets } }
  }

  #driver({ driver }: LogTarget): LogDriver {
    const found = this.#options.drivers.get(driver)
    if (found === undefined) throw new LogRefusal(`logger: no log driver named '${driver}' is registered`)
    return found
  }

  #within(ms: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.world.after(ms, resolve)
      work.then(resolve, reject).finally(cancel)
    })
  }
}

/** For how long a log that nobody takes keeps its container from being removed. */
const FINISH_MS_MAX = 50_000

/**
 * After a start of this process there may be thousands of containers that ended long ago, nearly all of them read to
 * their end. One that nobody takes makes way for the others, and goes on beside them.
 */
const CATCHING_UP_MAX = 32
const CATCHING_UP_MS_MAX = 5_000
