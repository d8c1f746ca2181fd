import { type Region, RegionError, type RegionSocket } from "../../region.ts"

/** A region that answers what a test says, and on whose sockets the test is the other side. */
export class ScriptedRegion implements Region {
  readonly name = "us-east-1"
  readonly endpoint = "http://region"
  readonly calls: ScriptedCall[] = []
  readonly sockets: ScriptedSocket[] = []

  /** The URLs that were connected to. */
  readonly urls: URL[] = []

  /** Answers a call, by throwing as well; without it calls wait until the test settles them. */
  answer: ((operation: string, input: never) => object) | undefined

  /** Set to refuse connections. */
  refusal: RegionError | undefined

  constructor(answer?: (operation: string, input: never) => object) {
    this.answer = answer
  }

  call(_service: string, operation: string, input: object): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    this.calls.push({
      operation,
      input: input as never,
      resolve: () => resolve({}),
      reject: (code) => reject(fault(code)),
    })
    if (this.answer === undefined) return promise
    try {
      return Promise.resolve(this.answer(operation, input as never) as Record<string, unknown>)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async connect(url: string): Promise<RegionSocket> {
    this.urls.push(new URL(url))
    if (this.refusal !== undefined) throw this.refusal
    const socket = new ScriptedSocket()
    this.sockets.push(socket)
    return socket
  }

  get socket(): ScriptedSocket {
    return this.sockets.at(-1)!
  }
}

interface ScriptedCall {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>> & { readonly task: string; readonly status: string }
  readonly resolve: () => void
  readonly reject: (code: string) => void
}

export class ScriptedSocket implements RegionSocket {
  readonly sent: string[] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []
  readonly closed: Promise<number>
  message: (frame: string) => void = () => {}
  readonly #end: (code: number) => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.closed = promise
    this.#end = resolve
  }

  /** Both sides say goodbye. */
  close(code: number, reason: string): void {
    this.closes.push({ code, reason })
    this.#end(code)
  }

  send(frame: string): void {
    this.sent.push(frame)
  }

  sign(): Readonly<Record<string, string>> {
    return { Authorization: "signed", Host: "region", "X-Amz-Date": "now" }
  }

  /** The region says something. */
  say(type: string, message: object): void {
    this.message(JSON.stringify({ type, message }))
  }

  /** The region ends it. */
  end(code: number): void {
    this.#end(code)
  }

  /** What was sent, read. */
  get heard(): { readonly type: string; readonly message: Record<string, unknown> }[] {
    return this.sent.map((frame) => JSON.parse(frame.slice(frame.indexOf("{"))))
  }
}

export function fault(code: string, message = "no"): RegionError {
  return new RegionError(code, code === "Unreachable" ? 0 : 400, message)
}
