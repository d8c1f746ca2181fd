import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readRecord, writeRecord } from "./record-file.ts"

/**
 * Small durable notes, a file each, of what the kernel cannot tell us. They need to survive this process, not the
 * machine: what they speak of does not either, so nothing waits for the disk.
 */
export class Records<T extends object> {
  readonly #folder: string
  readonly #records = new Map<string, T>()

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    for (const file of readdirSync(folder)) {
      const record = file.endsWith(ENDING) ? readRecord<T>(join(folder, file)) : undefined
      // What a crash left half written says nothing.
      if (record === undefined) rmSync(join(folder, file), { force: true })
      else this.#records.set(idOf(file.slice(0, -ENDING.length)), record)
    }
  }

  get(id: string): T | undefined {
    return this.#records.get(id)
  }

  entries(): Iterable<[string, T]> {
    return this.#records.entries()
  }

  put(id: string, record: T): void {
    writeRecord(join(this.#folder, fileNameOf(id) + ENDING), record)
    this.#records.set(id, record)
  }

  delete(id: string): void {
    rmSync(join(this.#folder, fileNameOf(id) + ENDING), { force: true })
    this.#records.delete(id)
  }
}

const ENDING = ".json"

/** Any id as the name of one file. */
export function fileNameOf(id: string): string {
  return encodeURIComponent(id).replaceAll(".", "%2E")
}

export function idOf(fileName: string): string {
  return decodeURIComponent(fileName)
}
