import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { type Batch, MAGIC, readBatch } from "./batch.ts"
import { logName } from "./file-layout.ts"

/** Where batches become durable, one after the other, before they are sorted into segments. */
export class LogFile {
  readonly number: number
  readonly path: string
  readonly #fd: number
  readonly #bytesMax: number
  #size = 0

  constructor(directory: string, number: number, bytesMax = Number.POSITIVE_INFINITY) {
    this.number = number
    this.path = join(directory, logName(number))
    this.#bytesMax = bytesMax
    this.#fd = openSync(this.path, "wx", 0o600)
    syncDirectory(directory)
  }

  /** Returns when the bytes are durable. When it throws, none of them are there. */
  append(bytes: Uint8Array): void {
    try {
      this.#write(bytes)
      fdatasyncSync(this.#fd)
      this.#size += bytes.length
    } catch (error) {
      ftruncateSync(this.#fd, this.#size)
      throw error
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#size + bytes.length > this.#bytesMax) throw new Error("ENOSPC: the log has all the bytes it may have")
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#size + at)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

export interface RecoveredLog {
  readonly batches: readonly Batch[]

  /** Of what is no whole batch: an append that was under way when the process ended, or damage. */
  readonly lostBytes: number
}

/**
 * Reads whatever whole batches a log holds. What is torn at the end was never acknowledged; what is damaged in the middle
 * is passed over, so that it takes nothing else with it.
 */
export function recoverLog(path: string): RecoveredLog {
  const data = readFileSync(path)
  const mark = Buffer.alloc(4)
  mark.writeUInt32LE(MAGIC)
  const batches: Batch[] = []
  let lostBytes = 0
  for (let at = 0; at < data.length; ) {
    const batch = readBatch(data, at)
    if (batch !== undefined) {
      batches.push(batch)
      at += batch.bytes.length
      continue
    }
    const next = data.indexOf(mark, at + 1)
    const end = next === -1 ? data.length : next
    lostBytes += end - at
    at = end
  }
  return { batches, lostBytes }
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, "r")
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
