import type { Socket, SocketListener } from "../../../aws/socket.ts"
import { INSTALLATION } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import { type FabricFromNode, fabricFromNode, fabricFromRegion } from "../../../wire/fabric.ts"
import { Malformed } from "../../../wire/shape.ts"
import type { World } from "../../../world/world.ts"
import type { TakeFlows } from "../flows.ts"
import { machines } from "../tables.ts"
import { CLOSE } from "./close.ts"
import { framesOf } from "./frames.ts"
import type { HostView, Plane } from "./plane.ts"

/** What a session needs of the hub that it is part of. */
export interface SessionHost {
  readonly world: World
  readonly store: Store
  readonly plane: Plane
  readonly takeFlows: TakeFlows

  /** Asks for a turn, soon. */
  wake(session: FabricSession): void
  ended(session: FabricSession): void
}

/** Who has connected. */
export interface ConnectedMachine {
  /** The instance, by its ARN. */
  readonly host: string
  readonly underlayAddress: string | undefined

  /** What it says it knows. */
  readonly version: number | undefined
}

/**
 * One machine on its connection: it is told what should exist of the network there, whenever that is something else than
 * what it was told last. While much waits to be taken nothing more is sent; what has changed meanwhile then comes at once.
 */
export class FabricSession implements SocketListener {
  readonly machine: ConnectedMachine
  readonly view: HostView
  readonly #host: SessionHost
  readonly #socket: Socket

  /** Frames that rest on what is not durable yet, in order. */
  readonly #held: { readonly version: number; readonly frames: readonly string[] }[] = []
  #isDue = true
  #heartbeatAt: number
  #heardAt: number
  #retireAt = Number.POSITIVE_INFINITY
  #isOver = false

  constructor(host: SessionHost, socket: Socket, machine: ConnectedMachine) {
    this.#host = host
    this.#socket = socket
    this.machine = machine
    this.view = host.plane.viewOf(machine.host, machine.version)
    this.#heardAt = host.world.monotonic()
    // Who resumes learns at once that there is nothing new.
    this.#heartbeatAt = this.#heardAt
  }

  /** Notes where the machine is reached. */
  begin(): void {
    const { host, underlayAddress } = this.machine
    const outcome = this.#host.store.attempt(INSTALLATION, (tx) => {
      const known = tx.get(machines, host)
      if (known === undefined || known.underlayAddress !== underlayAddress) tx.put(machines, { host, underlayAddress })
    })
    if (!outcome.ok) this.#fail("a machine could not be taken in", outcome.error)
    else this.#host.wake(this)
  }

  /** The instance has been taken out: once it has been told that nothing is left, there is nothing more to tell. */
  retire(): void {
    this.#retireAt = Math.min(this.#retireAt, this.#host.world.monotonic() + RETIRE_MS)
  }

  /** Something that the machine is told of may have changed, and what it is now is durable. */
  changed(): void {
    this.#isDue = true
    this.#host.wake(this)
  }

  turn(): void {
    if (this.#isOver || !this.#isDue || this.#socket.waitingBytes > WAITING_BYTES_MAX) return
    const { store, plane } = this.#host
    const outcome = store.attempt(INSTALLATION, (tx) => plane.advance(tx, this.view))
    if (!outcome.ok) {
      this.#fail("a machine could not be told what should exist", outcome.error)
      return
    }
    this.#isDue = false
    // What was worked out in an earlier turn may rest on more than what this one has read.
    if (outcome.value !== undefined) this.#send(framesOf(outcome.value), store.version)
  }

  /** Looks after what time brings. Called about every second. */
  look(now: number): void {
    if (now >= this.#retireAt) this.end(CLOSE.gone, "the instance is not registered any more")
    if (now - this.#heardAt > SILENCE_MS_MAX) this.end(CLOSE.gone, "nothing was heard for too long")
    if (this.#isOver) return
    if (this.#isDue) this.#host.wake(this)
    else if (now >= this.#heartbeatAt && this.view.version !== undefined) {
      this.#heartbeatAt = now + HEARTBEAT_MS
      this.#send([fabricFromRegion.encode("FabricHeartbeat", { version: this.view.version })], 0)
    }
  }

  message(frame: string): void {
    if (this.#isOver) return
    let heard: FabricFromNode | undefined
    try {
      heard = fabricFromNode.decode(frame)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#log("debug", "a machine sent a frame that makes no sense", { reason: error.message })
    }
    if (heard === undefined) return
    this.#heardAt = this.#host.world.monotonic()
    if (heard.type === "FabricFlows") {
      this.#host.takeFlows(this.machine.host, heard.message)
      return
    }
    const { version, failures } = heard.message
    if (failures.length === 0) return
    const [{ kind, id, reason }] = failures as [(typeof failures)[number]]
    this.#log("warn", "a machine cannot make all of the network", { version, count: failures.length, kind, id, reason })
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.ended(this)
  }

  /** Ends the session at once, whatever becomes of the connection. */
  end(code: number, reason: string): void {
    if (this.#isOver) return
    this.closed()
    this.#socket.close(code, reason)
  }

  /** Sends once everything up to `version` is durable, behind all that was to be sent before. */
  #send(frames: readonly string[], version: number): void {
    const { store } = this.#host
    this.#held.push({ version, frames })
    this.#release()
    if (!store.isDurable(version))
      store.whenDurable(version).then(
        () => this.#release(),
        () => {},
      )
  }

  #release(): void {
    const { store } = this.#host
    for (let first = this.#held[0]; first !== undefined && store.isDurable(first.version); first = this.#held[0]) {
      this.#held.shift()
      for (const frame of first.frames) if (!this.#isOver && store.mayAnswer()) this.#socket.send(frame)
    }
  }

  #fail(message: string, error: unknown): void {
    this.#log("error", message, { error: error instanceof Error ? error.stack : String(error) })
    this.#host.plane.forget(this.view)
    this.end(CLOSE.failed, "Homeport made a mistake")
  }

  #log(level: "debug" | "warn" | "error", message: string, fields: object): void {
    this.#host.world.log[level](message, { instance: this.machine.host, ...fields })
  }
}

const HEARTBEAT_MS = 25_000

/** Three heartbeats without an answer. */
const SILENCE_MS_MAX = 3 * HEARTBEAT_MS + 5_000
const RETIRE_MS = 5_000
const WAITING_BYTES_MAX = 2 ** 20
