import type { World } from "../world/world.ts"
import type { Socket, SocketListener } from "./socket.ts"

/** Two ends of a connection inside one process. What one sends the other hears after `delayMs`, in order. */
export interface SocketPair {
  readonly near: Socket
  readonly far: Socket

  /** Breaks the connection without a word, as when a machine vanishes; what is under way is lost. */
  cut(): void
}

export function socketPair(
  world: Pick<World, "after">,
  { delayMs = 0 }: { readonly delayMs?: number } = {},
): SocketPair {
  const near = new End(world, delayMs)
  const far = new End(world, delayMs)
  near.other = far
  far.other = near
  return {
    near,
    far,
    cut() {
      near.over(1006, "")
      far.over(1006, "")
    },
  }
}

class End implements Socket {
  other!: End
  waitingBytes = 0
  readonly #world: Pick<World, "after">
  readonly #delayMs: number
  #listener: SocketListener | undefined
  #isClosing = false
  #isOver = false

  constructor(world: Pick<World, "after">, delayMs: number) {
    this.#world = world
    this.#delayMs = delayMs
  }

  send(text: string): void {
    if (this.#isClosing || this.#isOver) return
    this.waitingBytes += text.length
    this.#world.after(this.#delayMs, () => {
      this.waitingBytes -= text.length
      this.other.arrive(text)
    })
  }

  close(code: number, reason: string): void {
    if (this.#isClosing || this.#isOver) return
    this.#isClosing = true
    this.#world.after(this.#delayMs, () => {
      this.other.over(code, reason)
      // The other side answers with the same code.
      this.#world.after(this.#delayMs, () => this.over(code, reason))
    })
  }

  listen(listener: SocketListener): void {
    this.#listener = listener
  }

  arrive(text: string): void {
    if (!this.#isOver) this.#listener?.message(text)
  }

  over(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener?.closed(code, reason)
  }
}
