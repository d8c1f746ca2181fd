import { Worker } from "node:worker_threads"
import { EngineError } from "../../engine/engine-error.ts"
import type { Orders, Report } from "./orders.ts"

/**
 * The one thread that goes into namespaces, so that this one never leaves the host's. Each order is carried out from
 * start to end before the next.
 */
export class NamespaceThread {
  #worker: Worker | undefined
  #number = 0
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()

  run<K extends keyof Orders>(kind: K, input: Parameters<Orders[K]>[0]): Promise<ReturnType<Orders[K]>> {
    const number = ++this.#number
    const waiting = Promise.withResolvers<unknown>()
    this.#worker ??= this.#start()
    // What is asked for keeps the process alive, and the thread alone does not.
    if (this.#waiting.size === 0) this.#worker.ref()
    this.#waiting.set(number, waiting)
    this.#worker.postMessage({ kind, number, input })
    return waiting.promise as Promise<ReturnType<Orders[K]>>
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return
    await this.run("close", {})
    await this.#worker.terminate()
  }

  #start(): Worker {
    // Node would not know of the descriptors that come from our own calls, and sockets outlive the thread.
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { trackUnmanagedFds: false })
    worker.on("message", (report: Report) => this.#receive(report))
    // A thread that could not find its way back ends itself. The next one begins where this process is.
    worker.on("error", (error) => this.#lose(worker, error))
    worker.on("exit", () => this.#lose(worker))
    return worker
  }

  #receive(report: Report): void {
    const waiting = this.#waiting.get(report.number)
    this.#waiting.delete(report.number)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ("output" in report) waiting?.resolve(report.output)
    else waiting?.reject(new NamespaceError(report.failure.message, report.failure.code))
  }

  #lose(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new EngineError("unavailable", "The thread of the network namespaces has ended.", { cause }))
    }
    this.#waiting.clear()
  }
}

/** The kernel refused. */
export class NamespaceError extends EngineError {
  /** As in `EADDRINUSE`. */
  readonly code: string | undefined

  constructor(message: string, code: string | undefined) {
    super("machine", message)
    this.code = code
  }
}
