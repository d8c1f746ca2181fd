import type { Batch } from "./batch.ts"
import type { StoreUnavailable } from "./event-store.ts"

/** A batch whose caller waits for it to be durable. */
export interface Waiting {
  readonly batch: Batch
  readonly resolve: () => void
  readonly reject: (failure: StoreUnavailable) => void
}

/** Batches that wait for the write before theirs to end. They share the next one, up to a bound. */
export class AppendQueue {
  readonly #waiting: Waiting[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Who brings more is refused. */
  get isFull(): boolean {
    return this.#bytes >= WAITING_BYTES_MAX
  }

  add(batch: Batch): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ batch, resolve, reject })
    this.#bytes += batch.bytes.length
    return promise
  }

  /** Those of the next write, with their bytes in one piece. */
  take(): { readonly taken: readonly Waiting[]; readonly bytes: Uint8Array<ArrayBuffer> } {
    let length = 0
    let count = 0
    while (count < this.#waiting.length && length < APPEND_BYTES) length += this.#waiting[count++]!.batch.bytes.length
    const taken = this.#waiting.splice(0, count)
    const bytes = new Uint8Array(length)
    let at = 0
    for (const { batch } of taken) {
      bytes.set(batch.bytes, at)
      at += batch.bytes.length
    }
    this.#bytes -= length
    return { taken, bytes }
  }

  rejectAll(failure: StoreUnavailable): void {
    this.#bytes = 0
    for (const { reject } of this.#waiting.splice(0)) reject(failure)
  }
}

const WAITING_BYTES_MAX = 64 * 2 ** 20
const APPEND_BYTES = 4 * 2 ** 20
