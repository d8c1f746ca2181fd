import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Cancel, World } from "../../world/world.ts"
import type { LogPosition } from "../engine/log-source.ts"
import type { AgentState, Identity, ImageUse, TaskRecord } from "./records.ts"
import { openDatabase, StateRefused } from "./state-database.ts"
import { MemoryState } from "./state-memory.ts"

/**
 * An agent's state in a file of SQLite's, one for each instance. All of it is in memory as well. While the disk is full
 * new tasks are refused; what happens to those that run goes on in memory, and is written as soon as there is room.
 */
export class FileState implements AgentState {
  readonly #world: World
  readonly #database: DatabaseSync
  readonly #memory = new MemoryState()
  readonly #put: StatementSync
  readonly #remove: StatementSync

  /** What the disk had no room for, by key; undefined for what was removed. */
  readonly #owed = new Map<string, object | undefined>()
  #cancelRetry: Cancel = () => {}

  /** Throws `StateRefused`. */
  constructor(path: string, world: World, bytesMax?: number) {
    this.#world = world
    this.#database = openDatabase(path, bytesMax)
    try {
      this.#put = this.#database.prepare("INSERT OR REPLACE INTO records (key, body) VALUES (?, ?)")
      this.#remove = this.#database.prepare("DELETE FROM records WHERE key = ?")
      for (const { key, body } of this.#database.prepare("SELECT key, body FROM records").iterate()) {
        this.#load(String(key), JSON.parse(String(body)))
      }
    } catch (error) {
      this.#database.close()
      throw new StateRefused(path, "damaged", error)
    }
  }

  get tasks(): ReadonlyMap<string, TaskRecord> {
    return this.#memory.tasks
  }

  get images(): ReadonlyMap<string, ImageUse> {
    return this.#memory.images
  }

  get identity(): Identity | undefined {
    return this.#memory.identity
  }

  get sequence(): number {
    return this.#memory.sequence
  }

  /** Whether everything that is known is on the disk. */
  get isWritten(): boolean {
    return this.#owed.size === 0
  }

  putTask(task: TaskRecord): void {
    if (!this.#write(`task ${task.arn}`, task) && !this.tasks.has(task.arn)) {
      this.#owed.delete(`task ${task.arn}`)
      throw new Error("There is no room on the disk for another task.")
    }
    this.#memory.putTask(task)
  }

  removeTask(arn: string): void {
    for (const { id } of this.tasks.get(arn)?.containers ?? []) {
      if (this.logPosition(id) !== undefined) this.#write(`position ${id}`, undefined)
    }
    this.#write(`task ${arn}`, undefined)
    this.#memory.removeTask(arn)
  }

  logPosition(containerId: string): LogPosition | undefined {
    return this.#memory.logPosition(containerId)
  }

  putLogPosition(containerId: string, position: LogPosition): void {
    this.#write(`position ${containerId}`, { position })
    this.#memory.putLogPosition(containerId, position)
  }

  putIdentity(identity: Identity): void {
    this.#write("identity", identity)
    this.#memory.putIdentity(identity)
  }

  putSequence(sequence: number): void {
    this.#write("sequence", { sequence })
    this.#memory.putSequence(sequence)
  }

  putImage(use: ImageUse): void {
    this.#write(`image ${use.reference}`, use)
    this.#memory.putImage(use)
  }

  removeImage(reference: string): void {
    this.#write(`image ${reference}`, undefined)
    this.#memory.removeImage(reference)
  }

  close(): void {
    if (!this.#database.isOpen) return
    this.#cancelRetry()
    this.#writeOwed()
    this.#database.close()
  }

  #load(key: string, record: unknown): void {
    const kind = key.slice(0, `${key} `.indexOf(" "))
    if (kind === "task") this.#memory.putTask(record as TaskRecord)
    else if (kind === "image") this.#memory.putImage(record as ImageUse)
    else if (kind === "identity") this.#memory.putIdentity(record as Identity)
    else if (kind === "sequence") this.#memory.putSequence((record as { readonly sequence: number }).sequence)
    else if (kind === "position") {
      const { position } = record as { readonly position: LogPosition }
      this.#memory.putLogPosition(key.slice("position ".length), position)
    }
  }

  /** False when it could not be written now. */
  #write(key: string, record: object | undefined): boolean {
    // Work that was under way when the agent was stopped: the next process does it again.
    if (!this.#database.isOpen) return false
    if (this.#owed.size > 0 && !this.#writeOwed()) {
      this.#owed.set(key, record)
      return false
    }
    try {
      this.#writeNow(key, record)
      return true
    } catch (error) {
      this.#world.log.error("the agent's state cannot be written; it is tried again", { key, error: String(error) })
      this.#owed.set(key, record)
      this.#retryLater()
      return false
    }
  }

  #writeNow(key: string, record: object | undefined): void {
    if (record === undefined) this.#remove.run(key)
    else this.#put.run(key, JSON.stringify(record))
  }

  /** What is removed goes first, as it may be what makes room. */
  #writeOwed(): boolean {
    const owed = [...this.#owed].toSorted(([, a], [, b]) => Number(a !== undefined) - Number(b !== undefined))
    try {
      for (const [key, record] of owed) {
        this.#writeNow(key, record)
        this.#owed.delete(key)
      }
      return true
    } catch {
      return false
    }
  }

  #retryLater(): void {
    this.#cancelRetry()
    this.#cancelRetry = this.#world.after(RETRY_MS, () => {
      if (this.#owed.size === 0) return
      if (this.#writeOwed()) this.#world.log.info("the agent's state is on the disk again")
      else this.#retryLater()
    })
  }
}

const RETRY_MS = 5_000
