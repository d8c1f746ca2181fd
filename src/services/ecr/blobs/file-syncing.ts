import { type FileHandle, mkdir, open } from "node:fs/promises"
import { join } from "node:path"

/** Writes a file that is not there yet, so that it survives whatever happens next. */
export async function writtenFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600)
  try {
    await file.writeFile(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A folder whose entries are made durable; those who ask while it is being synced share the next sync. */
export class FolderSync {
  readonly #folder: FileHandle
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  private constructor(folder: FileHandle) {
    this.#folder = folder
  }

  static async open(parent: string, name: string): Promise<FolderSync> {
    const made = await mkdir(join(parent, name), { recursive: true, mode: 0o700 })
    if (made !== undefined) {
      const above = await open(parent, "r")
      await above.sync().finally(() => above.close())
    }
    return new FolderSync(await open(join(parent, name), "r"))
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

  close(): Promise<void> {
    return this.#folder.close()
  }

  #begin(): Promise<void> {
    const running = this.#folder.sync().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }
}
