import { Worker } from "node:worker_threads"
import type { Answer, Order } from "./file-orders.ts"

/** A thread that carries out orders one after another, begun with the first of them; each is answered for. */
export class FileThread {
  #thread: Worker | undefined
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>()
  #count = 0
  #isClosed = false

  /** Rejects with the system's error. */
  ask(order: Order, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    const asked = Promise.withResolvers<Answer>()
    if (this.#isClosed) asked.reject(new Error("the thread that writes images has ended"))
    else {
      this.#thread ??= this.#begin()
      // Somebody waits from now on.
      if (this.#asked.size === 0) this.#thread.ref()
      this.#asked.set(++this.#count, asked)
      this.#thread.postMessage({ id: this.#count, order }, [...transfer])
    }
    return asked.promise
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#thread?.terminate()
  }

  #begin(): Worker {
    const thread = new Worker(new URL("./file-worker.ts", import.meta.url), { name: "images" })
    thread.on("message", (answer: Answer) => this.#answered(thread, answer))
    thread.on("error", (error) => this.#ended(thread, error as Error))
    thread.on("exit", () => this.#ended(thread, new Error("the thread that writes images has ended")))
    return thread
  }

  #answered(thread: Worker, answer: Answer): void {
    const asked = this.#asked.get(answer.id)!
    this.#asked.delete(answer.id)
    if (this.#asked.size === 0) thread.unref()
    const { error } = answer
    if (error === undefined) asked.resolve(answer)
    else asked.reject(Object.assign(new Error(error.message), { code: error.code }))
  }

  /** The next order begins another one. */
  #ended(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
  }
}
