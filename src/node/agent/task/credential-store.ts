import type { Credentials, TaskPayload } from "../../../wire/task.ts"
import { sleep, type World } from "../../../world/world.ts"
import type { TaskRecord } from "../records.ts"

/** Credentials of tasks by their own id, in memory and nowhere else: after a restart the region sends them again. */
export class CredentialStore {
  readonly #world: World
  readonly #known = new Map<string, Credentials>()
  readonly #waiting = new Map<string, AbortController>()

  constructor(world: World) {
    this.#world = world
  }

  get(id: string): Credentials | undefined {
    return this.#known.get(id)
  }

  put(credentials: Credentials): void {
    this.#known.set(credentials.credentialsId, credentials)
    this.#waiting.get(credentials.credentialsId)?.abort()
    this.#waiting.delete(credentials.credentialsId)
  }

  putOf({ roleCredentials, executionRoleCredentials }: TaskPayload): void {
    if (roleCredentials) this.put(roleCredentials)
    if (executionRoleCredentials) this.put(executionRoleCredentials)
  }

  forget({ taskCredentialsId, executionCredentialsId }: TaskRecord): void {
    if (taskCredentialsId !== undefined) this.#known.delete(taskCredentialsId)
    if (executionCredentialsId !== undefined) this.#known.delete(executionCredentialsId)
  }

  /** Waits for the region to send them again; without them after a while, as it may have none. */
  async await(id: string | undefined): Promise<Credentials | undefined> {
    if (id === undefined) return undefined
    if (!this.#known.has(id)) {
      const arrival = this.#waiting.get(id) ?? new AbortController()
      this.#waiting.set(id, arrival)
      await sleep(this.#world, WAIT_MS_MAX, arrival.signal).catch(() => {})
    }
    return this.#known.get(id)
  }
}

const WAIT_MS_MAX = 60_000
