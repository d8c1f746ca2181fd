import { type Cancel, sleep } from "../../../src/world/world.ts"
import type { AccessKeyId } from "../../identity.ts"
import { type Connection, type Path, Unanswered } from "../../network.ts"
import type { ProcessWorld } from "../../process-world.ts"
import type { Transcript } from "../../transcript.ts"
import { upgradeRequest } from "../upgrade.ts"

export interface SessionOptions {
  readonly world: ProcessWorld
  readonly path: Path
  readonly transcript: Transcript
  readonly keyId: AccessKeyId

  /** As in `/acs/ws`. */
  readonly address: string
  readonly query: () => string
  readonly connected?: (send: (frame: string) => void) => void
  readonly message: (frame: string) => void

  /** Called when the region says that it knows this instance no more. */
  readonly inactive?: () => void
}

/** Keeps a websocket to the region as an agent does: comes back at once or after a while, and drops one that is silent. */
export class Session {
  readonly #options: SessionOptions
  #connection: Connection | undefined
  #silence: Cancel | undefined
  #failures = 0

  constructor(options: SessionOptions) {
    this.#options = options
    void this.#run()
  }

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  get isWhole(): boolean {
    return this.#connection?.isWhole === true
  }

  send(frame: string): void {
    this.#connection?.send(frame)
  }

  /** The process has died; `silently` when its machine went with it. */
  end(silently: boolean): void {
    if (silently) this.#connection?.vanish()
    else this.#connection?.close()
    this.#connection = undefined
  }

  async #run(): Promise<void> {
    const { world, transcript, path, address } = this.#options
    while (!world.isOver) {
      const code = await this.#connect()
      if (world.isOver) return
      transcript.say(path.name, `${address} ended: ${code}`)
      if (code === "inactive") {
        this.#options.inactive?.()
        await sleep(world, INACTIVE_MS)
        continue
      }
      // A regular end is followed by a new beginning at once.
      if (typeof code === "number" && REGULAR.includes(code)) this.#failures = 0
      else this.#failures += 1
      const wait = this.#failures === 0 ? AT_ONCE_MS : Math.min(RETRY_MS * 1.5 ** this.#failures, RETRY_MS_MAX)
      await sleep(world, wait + world.random.below(Math.ceil(wait / 5)))
    }
  }

  /** Resolves at the end of one connection, with its code. */
  async #connect(): Promise<number | "refused" | "inactive"> {
    const { world, path, address, query, keyId, connected } = this.#options
    const ended = Promise.withResolvers<number | "refused">()
    const listener = {
      message: (frame: string) => {
        if (world.isOver) return
        this.#heard(ended.resolve)
        this.#options.message(frame)
      },
      closed: (code: number) => ended.resolve(code),
    }
    try {
      const answer = await path.connect(upgradeRequest(address, query(), keyId), listener)
      if (!("region" in answer))
        return String(answer.body).includes("InactiveInstanceException") ? "inactive" : "refused"
      if (world.isOver) {
        answer.close()
        return "refused"
      }
      this.#connection = answer
      this.#failures = 0
    } catch (error) {
      if (error instanceof Unanswered) return "refused"
      throw error
    }
    this.#heard(ended.resolve)
    const cancelRenewal = world.after(RENEWAL_MS + world.random.below(RENEWAL_MS / 6), () => {
      this.#connection?.close(1000, "ConnectionExpired: Reconnect to continue")
      ended.resolve(1000)
    })
    connected?.((frame) => this.send(frame))
    const code = await ended.promise
    cancelRenewal()
    this.#silence?.()
    this.#connection = undefined
    return code
  }

  #heard(end: (code: number) => void): void {
    const { world } = this.#options
    this.#silence?.()
    this.#silence = world.after(SILENCE_MS + world.random.below(SILENCE_MS), () => {
      this.#connection?.close()
      end(1006)
    })
  }
}

const REGULAR: readonly number[] = [1000, 1001, 1006, 1011]
const AT_ONCE_MS = 50
const RETRY_MS = 250
const RETRY_MS_MAX = 120_000
const SILENCE_MS = 60_000
const RENEWAL_MS = 1_800_000
const INACTIVE_MS = 3_600_000
