import { closeSync } from "node:fs"
import { type ClientHttp2Session, connect, constants } from "node:http2"
import { Socket } from "node:net"
import { status } from "@grpc/grpc-js"
import type { World } from "../../../../world/world.ts"
import { connectTo, SystemError } from "../../../linux/libc.ts"
import { ContainerdError } from "../grpc-error.ts"
import { type Method, services } from "../proto.ts"
import type { Services } from "../services.ts"
import { frame, statusOf, unframe } from "./grpc-frame.ts"
import { type Holder, hold } from "./holder.ts"

export type LastingCalls = { readonly tasks: Pick<Services["tasks"], "create" | "start"> }

/**
 * A line to containerd for what has to come to its end even when this process is killed. containerd gives up what it
 * does for somebody who has hung up, and takes down a container that was about to start; so a second process holds the
 * line as well, and lets go of it a while after this one has ended.
 */
export class LastingLine implements LastingCalls {
  readonly tasks: LastingCalls["tasks"]
  readonly #world: Pick<World, "after">
  readonly #address: string
  readonly #namespace: string
  #open: { readonly session: ClientHttp2Session; readonly holder: Holder } | undefined

  constructor(options: { readonly world: Pick<World, "after">; readonly address: string; readonly namespace: string }) {
    this.#world = options.world
    this.#address = options.address
    this.#namespace = options.namespace
    const { methods } = services().find(({ name }) => name === "tasks")!
    const call = (name: string) => (input: object) => this.#call(methods.get(name)!, input)
    this.tasks = { create: call("create"), start: call("start") } as unknown as LastingCalls["tasks"]
  }

  /** So that nobody has to wait for it later. */
  open(): void {
    this.#session()
  }

  /** Nothing is asked any more; the second process ends at once. */
  close(): void {
    this.#open?.session.close()
    this.#open?.holder.end()
    this.#open = undefined
  }

  #call(method: Method, input: object): Promise<object> {
    return new Promise((resolve, reject) => {
      const stream = this.#session().request({
        ":method": "POST",
        ":path": method.path,
        "content-type": "application/grpc",
        te: "trailers",
        "containerd-namespace": this.#namespace,
      })
      const pieces: Buffer[] = []
      let ended: ContainerdError | "well" | undefined
      const hear = (headers: Readonly<Record<string, unknown>>) => {
        ended = statusOf(headers) ?? ended
      }
      const cancel = this.#world.after(CALL_MS_MAX, () => stream.close(constants.NGHTTP2_CANCEL))
      stream.on("response", hear).on("trailers", hear)
      stream.on("data", (piece: Buffer) => pieces.push(piece))
      // What it says is said by the end as well.
      stream.on("error", () => {})
      stream.once("close", () => {
        cancel()
        if (ended === "well") resolve(method.responseDeserialize(unframe(Buffer.concat(pieces))))
        else reject(ended ?? new ContainerdError(status.UNAVAILABLE, `${method.path} was not answered`))
      })
      stream.end(frame(method.requestSerialize(input)))
    })
  }

  #session(): ClientHttp2Session {
    if (this.#open !== undefined && !this.#open.session.closed) return this.#open.session
    const fd = this.#connect()
    let holder: Holder
    try {
      holder = hold(fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    const session = connect("http://localhost", { createConnection: () => new Socket({ fd }) })
    const open = { session, holder }
    session.on("error", () => {})
    session.once("close", () => {
      holder.end()
      if (this.#open === open) this.#open = undefined
    })
    this.#open = open
    return session
  }

  #connect(): number {
    try {
      return connectTo(this.#address)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      throw new ContainerdError(status.UNAVAILABLE, error.message, { cause: error })
    }
  }
}

/** A runtime that starts a container on a machine out of breath needs seconds; one that needs this long hangs. */
const CALL_MS_MAX = 120_000
