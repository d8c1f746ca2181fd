import type { Cancel, World } from "../../../../world/world.ts"
import { EngineError } from "../../engine-error.ts"
import type { ContainerdClient } from "../client.ts"
import { unlessGone, unlessThere } from "../grpc-error.ts"

/**
 * Keeps from the garbage collection what is being pulled until an image refers to it. There is one lease for all pulls,
 * with a fixed name. What a pull has brought before the registry went away, or before this process was killed, is kept
 * for a while: the next one goes on from there. After that it is collected.
 */
export class PullLease {
  readonly #world: World
  readonly #client: ContainerdClient
  #holders = 0
  #made = false
  #closed = false
  #cancel: Cancel = () => {}

  /** Making and taking away come one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(world: World, client: ContainerdClient) {
    this.#world = world
    this.#client = client
    this.#later()
  }

  /** Runs something under the lease. When the last such thing has ended, everything that nothing refers to is collected. */
  async under<Result>(work: (lease: string) => Promise<Result>): Promise<Result> {
    this.#holders += 1
    try {
      await this.#next(async () => {
        if (!this.#made) await unlessThere(this.#client.leases.create({ id: LEASE }))
        this.#made = true
      })
      const result = await work(LEASE)
      // What is left are the packed layers, and nobody has to wait until they are gone.
      void this.#release(0)
      return result
    } catch (error) {
      const goesOn = error instanceof EngineError && (error.kind === "registry failed" || error.kind === "unavailable")
      await this.#release(goesOn ? KEPT_MS : 0)
      throw error
    }
  }

  /** Lets go of everything that no image refers to. Does nothing while something runs. */
  async collect(): Promise<void> {
    this.#cancel()
    try {
      await this.#next(async () => {
        if (this.#holders > 0) return
        this.#made = false
        await unlessGone(this.#client.leases.delete({ id: LEASE, sync: true }))
      })
    } catch (error) {
      // Nothing is lost by it: the next one that ends does it.
      this.#world.log.warn("what pulls have left behind could not be collected", { error: String(error) })
      this.#later()
    }
  }

  close(): void {
    this.#cancel()
    this.#closed = true
  }

  async #release(keptMs: number): Promise<void> {
    this.#holders -= 1
    if (keptMs > 0) this.#later()
    else await this.collect()
  }

  #later(): void {
    this.#cancel()
    if (this.#closed) return
    this.#cancel = this.#world.after(KEPT_MS, () => void this.collect())
  }

  #next<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(step)
    this.#turn = result.catch(() => {})
    return result
  }
}

const LEASE = "homeport-pulls"
const KEPT_MS = 10 * 60_000
