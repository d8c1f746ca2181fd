import type { SocketListener } from "../../../src/aws/socket.ts"
import type { RegionSocket } from "../../../src/node/region.ts"
import { acsFromRegion } from "../../../src/wire/acs.ts"
import { type AccessKeyId, authorization } from "../../identity.ts"
import type { Connection, Path } from "../../network.ts"
import type { Transcript } from "../../transcript.ts"
import { gistOf } from "../gist.ts"

export interface SimulatedSocketOptions {
  readonly path: Path

  /** As in `/acs/ws`. */
  readonly address: string
  readonly keyId: AccessKeyId
  readonly transcript: Transcript
  readonly isOver: () => boolean
}

/** The agent's end of a websocket. */
export class SimulatedSocket implements RegionSocket {
  readonly closed: Promise<number>
  readonly listener: SocketListener
  readonly #options: SimulatedSocketOptions
  readonly #close: (code: number) => void

  /** What has come before anybody listened. */
  readonly #early: string[] = []
  #connection: Connection | undefined
  #message: ((frame: string) => void) | undefined

  constructor(options: SimulatedSocketOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<number>()
    this.closed = promise
    this.#close = resolve
    this.listener = {
      message: (frame) => {
        if (options.isOver()) return
        if (this.#message === undefined) this.#early.push(frame)
        else this.#heard(frame)
      },
      closed: (code) => {
        options.transcript.say(options.path.name, `${options.address} ended: ${code}`)
        if (!options.isOver()) resolve(code)
      },
    }
  }

  opened(connection: Connection): void {
    this.#connection = connection
  }

  get message(): (frame: string) => void {
    return this.#message ?? (() => {})
  }

  set message(listener: (frame: string) => void) {
    this.#message = listener
    // As from a network: not before whoever listens has gone on.
    queueMicrotask(() => {
      for (const frame of this.#early.splice(0)) this.#heard(frame)
    })
  }

  send(frame: string): void {
    this.#connection?.send(frame)
  }

  close(code: number, reason: string): void {
    this.#connection?.close(code, reason)
    this.#close(code)
  }

  sign(): Readonly<Record<string, string>> {
    return { Authorization: authorization(this.#options.keyId), Host: "region" }
  }

  #heard(frame: string): void {
    const { path, address, transcript } = this.#options
    if (address.startsWith("/acs")) {
      const heard = acsFromRegion.decode(frame)
      if (heard !== undefined && heard.type !== "HeartbeatMessage")
        transcript.say(path.name, `hears ${heard.type} ${gistOf(heard)}`)
    }
    this.#message?.(frame)
  }
}
