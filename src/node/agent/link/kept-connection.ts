import { type Cancel, sleep, type World } from "../../../world/world.ts"
import { type Region, RegionError, type RegionSocket } from "../../region.ts"
import { Backoff, type BackoffLimits } from "./backoff.ts"

export interface KeptConnectionOptions {
  readonly world: World
  readonly region: Pick<Region, "connect">

  /** Where to, asked before each try. */
  readonly url: () => Promise<string>
  readonly backoff: BackoffLimits
  readonly opened: () => void

  /** Takes a frame; true when it is one that shows that the region is there. */
  readonly heard: (frame: string) => boolean

  /** After how long to come back to a region that has refused; undefined for the usual pause. */
  readonly refused?: (error: RegionError) => number | undefined
}

/** A websocket to the region that is made again whenever it ends, at once or after a while, as agents do it. */
export class KeptConnection {
  readonly #options: KeptConnectionOptions
  readonly #backoff: Backoff
  readonly #stopping = new AbortController()
  #socket: RegionSocket | undefined
  #drop: (() => void) | undefined

  constructor(options: KeptConnectionOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.world.random, options.backoff)
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  start(): void {
    this.#run().catch((error: unknown) => {
      if (!this.#isStopped) this.#options.world.log.error("a connection is given up", { error: String(error) })
    })
  }

  stop(): void {
    this.#stopping.abort()
    this.#socket?.close(1000, "the agent ends")
    this.#drop?.()
  }

  send(frame: string): void {
    this.#socket?.send(frame)
  }

  /** Sends a frame with its signature before it. */
  sendSigned(frame: string, join: (headers: Readonly<Record<string, string>>, frame: string) => string): void {
    this.#socket?.send(join(this.#socket.sign(frame), frame))
  }

  /** Ends the connection that there is; the next one follows after a pause. */
  disconnect(): void {
    this.#socket?.close(1000, "the agent disconnects")
    this.#drop?.()
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #run(): Promise<void> {
    const { world } = this.#options
    while (!this.#isStopped) {
      const pause = await this.#hold()
      if (!this.#isStopped) await sleep(world, pause, this.#stopping.signal)
    }
  }

  /** Makes a connection and stays until its end; resolves with the pause before the next. */
  async #hold(): Promise<number> {
    const { world, region, url, opened, refused } = this.#options
    let socket: RegionSocket
    try {
      socket = await region.connect(await url())
    } catch (error) {
      if (!(error instanceof RegionError)) {
        world.log.error("the region cannot be connected to", { error: String(error) })
        return this.#backoff.next()
      }
      world.log.debug("the region cannot be connected to", { error: error.code, message: error.message })
      return refused?.(error) ?? this.#backoff.next()
    }
    if (this.#isStopped) {
      socket.close(1000, "the agent ends")
      return 0
    }
    const since = world.monotonic()
    this.#socket = socket
    const ended = this.#listen(socket)
    opened()
    const end = await ended
    this.#socket = undefined

    // A region that takes a connection only to drop it would otherwise be asked again without a pause, for ever.
    const lasted = world.monotonic() - since
    const isRegular = typeof end === "number" && REGULAR_ENDS.includes(end) && lasted >= REGULAR_MS_MIN
    if (isRegular || lasted >= SETTLED_MS) this.#backoff.reset()
    world.log.debug("a connection to the region has ended", { end, lasted })
    return isRegular ? 0 : this.#backoff.next()
  }

  /** Resolves with the code of the connection's end, or why the agent itself has dropped it. */
  #listen(socket: RegionSocket): Promise<number | "silent" | "dropped"> {
    const { world, heard } = this.#options
    return new Promise((resolve) => {
      let cancelSilence: Cancel = () => {}
      const listenLonger = () => {
        cancelSilence()
        cancelSilence = world.after(SILENCE_MS + world.random.below(SILENCE_MS), () => {
          socket.close(1000, "nothing was heard for too long")
          end("silent")
        })
      }
      const cancelRenewal = world.after(RENEWAL_MS + world.random.below(RENEWAL_SPREAD_MS), () => {
        socket.close(1000, "ConnectionExpired: Reconnect to continue")
      })
      const end = (how: number | "silent" | "dropped") => {
        cancelSilence()
        cancelRenewal()
        this.#drop = undefined
        socket.message = () => {}
        resolve(how)
      }
      this.#drop = () => end("dropped")
      listenLonger()
      socket.message = (frame) => {
        if (heard(frame)) listenLonger()
      }
      void socket.closed.then(end)
    })
  }
}

/** Normal, going away, internal error, and an end without a word. */
const REGULAR_ENDS: readonly number[] = [1000, 1001, 1006, 1011]
const REGULAR_MS_MIN = 1_000
const SETTLED_MS = 60_000

/** To which as much is added by chance. */
const SILENCE_MS = 60_000
const RENEWAL_MS = 30 * 60_000
const RENEWAL_SPREAD_MS = 5 * 60_000
