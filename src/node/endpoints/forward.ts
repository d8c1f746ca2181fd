import type { Duplex } from "node:stream"
import type { World } from "../../world/world.ts"

/** A connection to the region's endpoint; rejects when there is none. */
export type Dial = () => Promise<Duplex>

/**
 * Passes the bytes of tasks on to the region and back, unread: a task signs for the host it knows. Each direction ends
 * by itself, and what one side does not read the other cannot send without end.
 */
export class Forwarder {
  readonly #world: Pick<World, "log">
  readonly #dial: Dial
  readonly #sockets = new Set<Duplex>()

  constructor(world: Pick<World, "log">, dial: Dial) {
    this.#world = world
    this.#dial = dial
  }

  async connected(near: Duplex): Promise<void> {
    if (this.#sockets.size >= CONNECTIONS_MAX) {
      near.destroy()
      return
    }
    this.#sockets.add(near)
    near.on("error", () => near.destroy())
    near.once("close", () => this.#sockets.delete(near))
    let far: Duplex
    try {
      far = await this.#dial()
    } catch (error) {
      this.#world.log.debug("a task could not be connected to the region", { error: String(error) })
      near.destroy()
      return
    }
    if (near.destroyed) {
      far.destroy()
      return
    }
    far.on("error", () => far.destroy())
    tie(near, far)
    tie(far, near)
  }

  close(): void {
    for (const socket of [...this.#sockets]) socket.destroy()
  }
}

/** Passes on what one side says and that it has said all; if it breaks off before that, so does the other. */
function tie(from: Duplex, to: Duplex): void {
  from.pipe(to)
  from.once("close", () => {
    if (!from.readableEnded || !from.writableFinished) to.destroy()
  })
}

/** Of all tasks in one network. */
const CONNECTIONS_MAX = 256
