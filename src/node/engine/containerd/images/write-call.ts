import type { Duplex } from "node:stream"
import { status } from "@grpc/grpc-js"
import type { World } from "../../../../world/world.ts"
import { engineError } from "../grpc-error.ts"
import type { WriteContent, WrittenContent } from "../services.ts"

/** One write's conversation: every message is answered, and those of data may be under way several at a time. */
export class WriteCall {
  readonly #world: World
  readonly #call: Duplex
  readonly #failed: Promise<never>
  readonly #closed: Promise<void>
  #answered: (answer: WrittenContent) => void = () => {}
  #acknowledge: () => void = () => {}
  #unanswered = 0

  constructor(world: World, call: Duplex, signal: AbortSignal) {
    this.#world = world
    this.#call = call
    this.#failed = new Promise((_, reject) => {
      call.on("error", (error) => reject(engineError(error)))
      call.on("end", () => reject(engineError({ code: status.UNAVAILABLE, details: "the content store hung up" })))
      const leave = () => reject(signal.reason)
      signal.addEventListener("abort", leave, { once: true })
      call.on("close", () => signal.removeEventListener("abort", leave))
    })
    this.#failed.catch(() => {})
    this.#closed = new Promise((resolve) => {
      for (const event of ["end", "error", "close"]) call.on(event, () => resolve())
    })
    call.on("data", (answer: WrittenContent) => {
      this.#unanswered -= 1
      this.#acknowledge()
      if (answer.action !== "WRITE") this.#answered(answer)
    })
  }

  async ask(message: WriteContent): Promise<WrittenContent> {
    const answer = new Promise<WrittenContent>((resolve) => {
      this.#answered = resolve
    })
    await this.send(message)
    return Promise.race([answer, this.#failed])
  }

  async send(message: WriteContent): Promise<void> {
    while (this.#unanswered >= UNANSWERED_MAX) {
      const acknowledged = new Promise<void>((resolve) => {
        this.#acknowledge = resolve
      })
      await Promise.race([acknowledged, this.#failed])
    }
    this.#unanswered += 1
    this.#call.write(message)
  }

  /**
   * Waits until containerd has let go of what it writes: one that is merely cut off goes on for a moment, and what is
   * taken away under it then comes back in part.
   */
  async close(): Promise<void> {
    this.#call.end()
    const cancel = this.#world.after(CLOSING_MS_MAX, () => (this.#call as Duplex & { cancel(): void }).cancel())
    await this.#closed
    cancel()
  }
}

const UNANSWERED_MAX = 8
const CLOSING_MS_MAX = 10_000
