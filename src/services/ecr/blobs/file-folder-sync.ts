import { fsync, openSync } from "node:fs"
import { promisify } from "node:util"

/** A folder whose entries are made durable; those who ask while it is being synced share the next sync. */
export class FolderSync {
  readonly #folder: number
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string) {
    this.#folder = openSync(path, "r")
  }

  /** Resolves once everything that was in the folder when this was asked is there for good. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.#begin()
      })
    return this.#next
  }

  #begin(): Promise<void> {
    const running = synced(this.#folder).finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }
}

const synced = promisify(fsync)
