import type { Cancel, World } from "../../../world/world.ts"
import type { ContainerSpec, ContainerState, ContainerStats, EngineEvent, ExecResult, ExecSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { Behaviour } from "./behaviour.ts"
import { FakeLog } from "./log.ts"
import { exitCodeOf, signalName } from "./signals.ts"

/** A container that acts out its behaviour in the world's time, whoever looks on. */
export class FakeContainer {
  readonly spec: ContainerSpec
  readonly log: FakeLog

  /** How often it was started. */
  starts = 0

  /** Every signal that reached it, in order. */
  readonly signals: string[] = []
  readonly #world: World
  readonly #behave: (startsBefore: number) => Behaviour
  readonly #tell: (event: EngineEvent) => void
  #behaviour: Behaviour = {}
  #end: Pick<ContainerState, "stoppedAt" | "exitCode"> = {}
  #status: ContainerState["status"] = "created"
  #startedAt: number | undefined
  #outOfMemory = false
  readonly #timers = new Set<Cancel>()
  readonly #execs = new Set<() => void>()

  constructor(
    world: World,
    spec: ContainerSpec,
    behave: (startsBefore: number) => Behaviour,
    tell: (event: EngineEvent) => void,
  ) {
    this.#world = world
    this.spec = spec
    this.#behave = behave
    this.#tell = tell
    this.log = new FakeLog(spec.logBytesMax)
  }

  get running(): boolean {
    return this.#status === "running"
  }

  get state(): ContainerState {
    const { id, instance, taskId } = this.spec
    return {
      id,
      instance,
      taskId,
      status: this.#status,
      ...(this.running ? { pid: 1000 + this.starts } : {}),
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
      ...this.#end,
      outOfMemory: this.#outOfMemory,
    }
  }

  start(): void {
    if (this.running) return
    this.#behaviour = this.#behave(this.starts)
    if (this.#behaviour.startFails !== undefined) throw this.#behaviour.startFails
    this.starts += 1
    this.#status = "running"
    this.#startedAt = this.#world.now()
    this.#end = {}
    this.#outOfMemory = false
    this.log.ended = false
    this.#tell({ kind: "started", id: this.spec.id, at: this.#startedAt })
    this.#act()
  }

  #act(): void {
    const { exits, writes = [], outOfMemoryAfterMs } = this.#behaviour
    for (const { afterMs, everyMs, stream = "stdout", text } of writes) {
      const say = () => {
        this.write(stream, text)
        if (everyMs !== undefined) this.#later(everyMs, say)
      }
      this.#later(afterMs, say)
    }
    if (outOfMemoryAfterMs !== undefined) this.#later(outOfMemoryAfterMs, () => this.runOutOfMemory())
    if (exits !== undefined) this.#later(exits.afterMs, () => this.exit(exits.code))
  }

  write(stream: "stdout" | "stderr", text: string): void {
    this.log.write(stream, new TextEncoder().encode(text), this.#world.now())
  }

  runOutOfMemory(): void {
    if (!this.running) return
    this.#outOfMemory = true
    this.#tell({ kind: "out of memory", id: this.spec.id })
    this.exit(137)
  }

  exit(exitCode: number): void {
    if (!this.running) return
    const stoppedAt = this.#world.now()
    this.#stop({ stoppedAt, exitCode })
    this.#tell({ kind: "stopped", id: this.spec.id, at: stoppedAt, exitCode })
  }

  /** The machine goes down under it: nobody is told, and nobody knows how it ended. */
  lose(): void {
    if (this.running) this.#stop({})
  }

  #stop(end: Pick<ContainerState, "stoppedAt" | "exitCode">): void {
    this.#status = "stopped"
    this.#end = end
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    for (const stop of [...this.#execs]) stop()
    this.log.ended = true
  }

  signal(signal: string): boolean {
    const name = signalName(signal)
    if (name === undefined) throw new EngineError("invalid", `There is no signal ${signal}.`)
    if (!this.running) return false
    this.signals.push(`SIG${name}`)
    const { ignores = [], handles = {} } = this.#behaviour
    const handled = handles[`SIG${name}`]
    if (name === "KILL") this.exit(137)
    else if (handled !== undefined) this.#later(handled.afterMs, () => this.#obey(handled))
    else if (!ignores.includes(`SIG${name}`)) this.#die(exitCodeOf(name))
    return true
  }

  #obey({ code, says }: { readonly code: number; readonly says?: string }): void {
    if (says !== undefined) this.write("stdout", says)
    this.exit(code)
  }

  #die(exitCode: number | undefined): void {
    if (exitCode !== undefined) this.exit(exitCode)
  }

  exec(command: ExecSpec, signal?: AbortSignal): Promise<ExecResult> {
    if (!this.running) throw new EngineError("gone", `The container ${this.spec.name} is not running.`)
    const { exitCode, output = "", afterMs = 0 } = this.#behaviour.exec?.(command) ?? { exitCode: 0 }
    return new Promise((resolve, reject) => {
      const abort = () => end(() => reject(signal!.reason))
      const killed = () => end(() => resolve({ exitCode: 137, output: "" }))
      const cancel = this.#world.after(afterMs, () =>
        end(() => resolve({ exitCode, output: output.slice(0, command.outputLengthMax) })),
      )
      const end = (answer: () => void) => {
        cancel()
        this.#execs.delete(killed)
        signal?.removeEventListener("abort", abort)
        answer()
      }
      this.#execs.add(killed)
      signal?.addEventListener("abort", abort)
      if (signal?.aborted) abort()
    })
  }

  stats(): ContainerStats | undefined {
    if (!this.running) return undefined
    const ranMs = this.#world.now() - this.#startedAt!
    const memoryLimit = this.spec.limits.memory
    return {
      at: this.#world.now(),
      cpuNanoseconds: ranMs * 10_000,
      memoryBytes: 1 << 20,
      memoryCacheBytes: 0,
      ...(memoryLimit === undefined ? {} : { memoryLimitBytes: memoryLimit }),
      processes: 1,
      readBytes: 0,
      writtenBytes: 0,
      ...this.#behaviour.stats?.(ranMs),
    }
  }

  #later(ms: number, task: () => void): void {
    const cancel = this.#world.after(ms, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }
}
