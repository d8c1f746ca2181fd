import type { ContainerSpec, ContainerState } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import { type Daemon, DaemonRefusal, filters, unlessGone } from "./daemon.ts"
import { type Attachment, createBody, LABELS } from "./spec.ts"
import { type Inspected, stateOf } from "./state.ts"

/** The containers that are ours, by our own ids: Docker gives them others. */
export class Containers {
  readonly #daemon: Daemon
  readonly #dockerIds = new Map<string, string>()

  readonly #bootedAt: number | undefined

  constructor(daemon: Daemon, bootedAt: number | undefined) {
    this.#daemon = daemon
    this.#bootedAt = bootedAt
  }

  /** Learns of those that were there before this process. */
  async open(): Promise<readonly Listed[]> {
    const found = await this.listed([LABELS.id])
    for (const { Id, Labels } of found) this.#dockerIds.set(Labels[LABELS.id]!, Id)
    return found
  }

  listed(labels: readonly string[]): Promise<readonly Listed[]> {
    return this.#daemon.ask("GET", "/containers/json", { query: { all: true, ...filters({ label: labels }) } })
  }

  dockerId(id: string): string | undefined {
    return this.#dockerIds.get(id)
  }

  /** A path of the API under the container. */
  path(id: string, rest = ""): string {
    const dockerId = this.#dockerIds.get(id)
    if (dockerId === undefined) throw new EngineError("gone", `No such container: ${id}`)
    return `/containers/${dockerId}${rest}`
  }

  async create(spec: ContainerSpec, attachment: Attachment, cgroupParent: string | undefined): Promise<void> {
    const body = createBody(spec, attachment, cgroupParent)
    try {
      const { Id } = await this.#daemon.ask<{ Id: string }>("POST", "/containers/create", {
        query: { name: spec.name },
        body,
      })
      this.#dockerIds.set(spec.id, Id)
    } catch (error) {
      // A process that was killed right after it had asked for it does not know of it.
      const there =
        error instanceof DaemonRefusal && error.status === 409 ? await this.#inspectRaw(spec.name) : undefined
      if (there?.Config.Labels[LABELS.id] !== spec.id) throw error
      this.#dockerIds.set(spec.id, there.Id)
    }
  }

  async start(id: string): Promise<void> {
    await this.#daemon.ask("POST", this.path(id, "/start"))
  }

  async signal(id: string, signal: string): Promise<boolean> {
    if (!this.#dockerIds.has(id)) return false
    try {
      await this.#daemon.ask("POST", this.path(id, "/kill"), { query: { signal } })
      return true
    } catch (error) {
      // It does not run, or no longer.
      if (error instanceof DaemonRefusal && (error.status === 409 || error.kind === "gone")) return false
      throw error
    }
  }

  /** With the volumes that the image asked for and nobody named. */
  async remove(id: string): Promise<void> {
    const dockerId = this.#dockerIds.get(id)
    if (dockerId === undefined) return
    try {
      await this.#daemon.ask("DELETE", `/containers/${dockerId}`, { query: { force: true, v: true } })
    } catch (error) {
      const underWay = error instanceof DaemonRefusal && /already in progress/.test(error.message)
      if (underWay)
        await this.#daemon
          .ask("POST", `/containers/${dockerId}/wait`, { query: { condition: "removed" } })
          .catch(unlessGone)
      else unlessGone(error)
    }
    this.#dockerIds.delete(id)
  }

  async inspect(id: string): Promise<ContainerState | undefined> {
    const found = await this.inspected(id)
    return found && stateOf(found, this.#bootedAt)
  }

  async inspected(id: string): Promise<Inspected | undefined> {
    const dockerId = this.#dockerIds.get(id)
    return dockerId === undefined ? undefined : this.#inspectRaw(dockerId)
  }

  async list(labels: readonly string[]): Promise<readonly ContainerState[]> {
    const found = await this.listed(labels)
    const states = await Promise.all(found.map(({ Id }) => this.#inspectRaw(Id)))
    return states.flatMap((state) => (state === undefined ? [] : [stateOf(state, this.#bootedAt)]))
  }

  #inspectRaw(name: string): Promise<Inspected | undefined> {
    return this.#daemon.ask<Inspected>("GET", `/containers/${name}/json`).catch(unlessGone)
  }
}

export interface Listed {
  readonly Id: string
  readonly Labels: Readonly<Record<string, string>>
}
