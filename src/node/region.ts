import type { Credentials } from "../wire/task.ts"

/** The way from this machine to the region: its API, and the websockets that it names. Signed with an instance's own key. */
export interface Region {
  /** As in `us-east-1`. */
  readonly name: string

  /** As in `http://127.0.0.1:4566`; tasks reach it through the node. */
  readonly endpoint: string

  /** The authority that its certificate is checked by, instead of the system's. */
  readonly ca?: string

  /**
   * Calls an operation of a service that speaks AWS's JSON; rejects with `RegionError`. One call is one try: who calls
   * knows whether another is due.
   */
  call(service: JsonService, operation: string, input: object, options?: CallOptions): Promise<Record<string, unknown>>

  /** Opens a websocket at a URL that the region gave; rejects with `RegionError` when it is refused. */
  connect(url: string): Promise<RegionSocket>
}

export type JsonService = "ecs" | "logs" | "ecr" | "ssm" | "secretsmanager"

export interface CallOptions {
  /** Of a task's role, instead of the instance's own. */
  readonly credentials?: Pick<Credentials, "accessKeyId" | "secretAccessKey" | "sessionToken">

  /** As the `awslogs-region` option has it. */
  readonly region?: string
  readonly signal?: AbortSignal
  readonly msMax?: number
}

export interface RegionSocket {
  send(frame: string): void
  close(code: number, reason: string): void

  /** Resolves with its code when it has ended; 1006 when nobody said goodbye. Frames come to `message` until then. */
  readonly closed: Promise<number>
  message: (frame: string) => void

  /** Headers of a signature over a frame of this socket, as telemetry carries them. */
  sign(frame: string): Readonly<Record<string, string>>
}

/** What the region answered, or that it did not. */
export class RegionError extends Error {
  override readonly name = "RegionError"

  /** AWS's name of the error, as in `InvalidParameterException`; `Unreachable` when there was no answer. */
  readonly code: string

  /** The HTTP status; 0 without an answer. */
  readonly status: number

  constructor(code: string, status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = status
  }
}
