import type { Cancel, World } from "../../../world/world.ts"
import type { EngineEvent } from "../engine.ts"
import type { Containers } from "./containers.ts"
import { type Daemon, filters } from "./daemon.ts"
import { LABELS } from "./spec.ts"

/**
 * Docker's stream of events, opened again whenever it breaks. Docker forgets its events with its process and keeps few
 * of them, so a gap is not filled with `since` but said: listeners look for themselves.
 */
export class Events {
  readonly #daemon: Daemon
  readonly #world: World
  readonly #containers: Containers
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #closing = new AbortController()

  /** Of containers whose run has already been told to have met the end of its memory. */
  readonly #toldOutOfMemory = new Set<string>()
  #retryMs = RETRY_MS_MIN

  constructor(daemon: Daemon, world: World, containers: Containers) {
    this.#daemon = daemon
    this.#world = world
    this.#containers = containers
  }

  /** Resolves when it listens: what happens from then on is heard. */
  async open(): Promise<void> {
    const stream = await this.#connect()
    void this.#follow(stream)
  }

  watch(listener: (event: EngineEvent) => void): Cancel {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Resolves with the next event of a container, or when the stream had a gap. */
  next(id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        signal.removeEventListener("abort", done)
        this.#closing.signal.removeEventListener("abort", done)
        resolve()
      }
      const cancel = this.watch((event) => {
        if (event.kind === "resync" || event.id === id) done()
      })
      signal.addEventListener("abort", done)
      this.#closing.signal.addEventListener("abort", done)
      if (signal.aborted || this.#closing.signal.aborted) done()
    })
  }

  close(): void {
    this.#closing.abort()
    this.#listeners.clear()
  }

  #connect() {
    const query = filters({ type: ["container"], label: [LABELS.id], event: ["start", "die", "oom", "destroy"] })
    return this.#daemon.stream("GET", "/events", { query, signal: this.#closing.signal })
  }

  async #follow(stream: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      let rest = ""
      const decoder = new TextDecoder()
      for await (const chunk of stream) {
        this.#retryMs = RETRY_MS_MIN
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
        rest = lines.pop()!
        for (const line of lines) if (line !== "") await this.#hear(JSON.parse(line) as DockerEvent)
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#world.log.debug("Docker's events broke off", { error: String(error) })
    }
    if (!this.#closing.signal.aborted) this.#world.after(this.#retryMs, () => void this.#reopen())
  }

  async #reopen(): Promise<void> {
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
    try {
      const stream = await this.#connect()
      this.#tell({ kind: "resync" })
      void this.#follow(stream)
    } catch {
      if (!this.#closing.signal.aborted) this.#world.after(this.#retryMs, () => void this.#reopen())
    }
  }

  async #hear({ Action, Actor: { Attributes }, timeNano }: DockerEvent): Promise<void> {
    const id = Attributes[LABELS.id]!
    const at = Math.floor(timeNano / 1e6)
    if (Action === "start") {
      this.#toldOutOfMemory.delete(id)
      this.#tell({ kind: "started", id, at })
    } else if (Action === "oom") {
      this.#tellOutOfMemory(id)
    } else if (Action === "die") {
      // The kernel's word of it sometimes comes after the end, while the container's state has it already.
      const state = await this.#containers.inspect(id).catch(() => undefined)
      if (state?.outOfMemory === true) this.#tellOutOfMemory(id)
      const exitCode = Number(Attributes.exitCode)
      this.#tell({ kind: "stopped", id, at, ...(Number.isNaN(exitCode) ? {} : { exitCode }) })
    } else {
      this.#toldOutOfMemory.delete(id)
    }
  }

  #tellOutOfMemory(id: string): void {
    if (this.#toldOutOfMemory.has(id)) return
    this.#toldOutOfMemory.add(id)
    this.#tell({ kind: "out of memory", id })
  }

  #tell(event: EngineEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

interface DockerEvent {
  readonly Action: string
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> }
  readonly timeNano: number
}

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 5_000
