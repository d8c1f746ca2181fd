import { expect, onTestFinished } from "vitest"
import { sleep, type World } from "../../../world/world.ts"
import type {
  ContainerSpec,
  ContainerState,
  Engine,
  EngineEvent,
  NetworkSpec,
  NetworkState,
  TaskSpec,
} from "../engine.ts"
import type { LogChunk, LogPosition } from "../log-source.ts"

/** An engine on a machine, and how a test reaches both. Made once for the whole suite. */
export interface EngineSetting {
  readonly world: World
  readonly engine: Engine

  /** Lets go of the engine and opens another on the same machine, as an agent does that was started again. */
  reopen(): Promise<Engine>

  /** Of images on the machine: the one of `IMAGE`, and the one of `IMAGE_WITH_ENTRY_POINT`. */
  readonly images: { readonly plain: string; readonly withEntryPoint: string }

  /** With real containers only. */
  readonly host?: {
    /** A folder for binds and the like, which goes with the setting. */
    readonly directory: string

    /** Connects from what the engine calls the host, says a line and gives what was answered; undefined when nobody did. */
    ask(address: string, port: number, line: string): Promise<string | undefined>

    /** The path of a new one that goes with the setting, for engines that place containers where they are told. */
    networkNamespace?(): Promise<string>
  }
  dispose(): Promise<void>
}

/** What a test does with the engine, with everything that it does not care about filled in. */
export class Stage {
  readonly world: World
  readonly setting: EngineSetting

  /** Its own in every test, so that what is left behind shows. */
  readonly instance: string
  engine: Engine
  readonly #tasks = new Set<string>()

  constructor(setting: EngineSetting, engine: Engine) {
    this.setting = setting
    this.world = setting.world
    this.engine = engine
    this.instance = `suite-${this.newId().slice(0, 8)}`
    onTestFinished(() => this.#clear())
  }

  newId(): string {
    return Buffer.from(this.world.random.bytes(32)).toString("hex")
  }

  async aTask(given: Partial<TaskSpec> = {}): Promise<string> {
    const id = given.id ?? this.newId().slice(0, 32)
    this.#tasks.add(id)
    await this.engine.createTask({ instance: this.instance, sharesPids: false, sharesIpc: false, ...given, id })
    return id
  }

  async aNetwork(
    taskId: string,
    given:
      | Pick<NetworkSpec & { mode: "bridge" }, "mode" | "ports">
      | { mode: "host" | "none" }
      | { mode: "given"; path: string } = { mode: "none" },
  ): Promise<NetworkState & { readonly id: string }> {
    const id = `${taskId}-${this.newId().slice(0, 8)}`
    const state = await this.engine.createNetwork({ id, instance: this.instance, taskId, ...given })
    return { id, ...state }
  }

  /** A container that was made and not started, in a task and network of its own unless they are given. */
  async aContainer(given: Partial<ContainerSpec> & { readonly script?: string } = {}): Promise<string> {
    const spec = await this.aSpec(given)
    await this.engine.create(spec)
    return spec.id
  }

  async aSpec({
    script,
    ...given
  }: Partial<ContainerSpec> & { readonly script?: string } = {}): Promise<ContainerSpec> {
    const taskId = given.taskId ?? (await this.aTask())
    const networkId = given.networkId ?? (await this.aNetwork(taskId)).id
    const id = given.id ?? this.newId()
    const image = await this.engine.images.get(this.setting.images.plain)
    return {
      id,
      instance: this.instance,
      taskId,
      networkId,
      name: `ecs-suite-1-app-${id.slice(0, 12)}`,
      imageId: image!.id,
      ...(script === undefined ? {} : { command: ["/bin/sh", "-c", script] }),
      environment: {},
      labels: {},
      terminal: false,
      openStdin: false,
      init: false,
      mounts: [],
      readonlyRoot: false,
      privileged: false,
      capabilitiesAdded: [],
      capabilitiesDropped: [],
      securityOptions: [],
      devices: [],
      gpus: [],
      ulimits: [],
      sysctls: {},
      pid: "private",
      ipc: "private",
      extraHosts: [],
      dns: [],
      dnsSearch: [],
      limits: { cpuShares: 0 },
      logBytesMax: 4 << 20,
      ...given,
    }
  }

  async running(script: string, given: Partial<ContainerSpec> = {}): Promise<string> {
    const id = await this.aContainer({ script, ...given })
    await this.engine.start(id)
    return id
  }

  /** Runs a container to its end. */
  async run(script: string | undefined, given: Partial<ContainerSpec> = {}): Promise<Ran> {
    const id = await this.aContainer({ ...(script === undefined ? {} : { script }), ...given })
    await this.engine.start(id)
    const state = await this.ended(id)
    const chunks = await this.logOf(id)
    return { ...state, stdout: textOf(chunks, "stdout"), stderr: textOf(chunks, "stderr") }
  }

  ended(id: string): Promise<ContainerState> {
    return this.until(async () => {
      const state = await this.engine.inspect(id)
      return state?.status === "stopped" ? state : undefined
    })
  }

  /** All that a container which has ended has written from a position on. */
  async logOf(id: string, from?: LogPosition): Promise<LogChunk[]> {
    const chunks: LogChunk[] = []
    for await (const chunk of this.engine.logs(id).read(from, new AbortController().signal)) chunks.push(chunk)
    return chunks
  }

  /** Reads a log until it says a text; gives the place behind it. */
  async heard(id: string, text: string, from?: LogPosition): Promise<LogPosition> {
    const enough = new AbortController()
    let all = ""
    for await (const { bytes, next } of this.engine.logs(id).read(from, enough.signal)) {
      all += new TextDecoder().decode(bytes)
      if (all.includes(text)) return next
    }
    throw new Error(`The log ended without ${JSON.stringify(text)}: ${JSON.stringify(all)}`)
  }

  watch(): EngineEvent[] {
    const events: EngineEvent[] = []
    onTestFinished(this.engine.watch((event) => events.push(event)))
    return events
  }

  async reopen(): Promise<Engine> {
    this.engine = await this.setting.reopen()
    return this.engine
  }

  async until<Answer>(ask: () => Answer | undefined | Promise<Answer | undefined>): Promise<Answer> {
    for (;;) {
      const answer = await ask()
      if (answer !== undefined) return answer
      await sleep(this.world, LOOK_MS)
    }
  }

  async #clear(): Promise<void> {
    for (const id of this.#tasks) await this.engine.removeTask(this.instance, id)
    expect(await this.engine.list(this.instance)).toEqual([])
  }
}

export interface Ran extends ContainerState {
  readonly stdout: string
  readonly stderr: string
}

export function textOf(chunks: readonly LogChunk[], stream: "stdout" | "stderr"): string {
  const decoder = new TextDecoder()
  return chunks
    .filter((chunk) => chunk.stream === stream)
    .map(({ bytes }) => decoder.decode(bytes, { stream: true }))
    .join("")
}

const LOOK_MS = 5
