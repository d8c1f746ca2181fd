import { credentials, Client as GrpcClient, type CallOptions as GrpcOptions, Metadata } from "@grpc/grpc-js"
import type { World } from "../../../world/world.ts"
import { engineError } from "./grpc-error.ts"
import { type Method, services } from "./proto.ts"
import type { CallOptions, Services } from "./services.ts"

/** containerd's API over one connection, which is made again by itself when containerd was away. */
export interface ContainerdClient extends Services {
  /** Waits until containerd answers; the first call of a process is slow, and this takes that upon itself. */
  connect(timeoutMs: number): Promise<void>
  close(): void
}

export interface ContainerdClientOptions {
  readonly world: Pick<World, "now">

  /** Of its socket, as in `/run/containerd/containerd.sock`. */
  readonly address: string

  /** Of containerd: what is in another one is not seen. */
  readonly namespace: string
}

export function containerdClient({ world, address, namespace }: ContainerdClientOptions): ContainerdClient {
  const channel = new GrpcClient(`unix://${address}`, credentials.createInsecure(), {
    // containerd comes back within a moment after it was restarted, and nobody else is on this line.
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.min_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 250,
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.enable_http_proxy": 0,
    // The methods below are all there is: no list of services has to be asked for.
    "grpc.service_config_disable_resolution": 1,
  })

  const metadata = (options: CallOptions) => {
    const headers = new Metadata()
    headers.set("containerd-namespace", namespace)
    if (options.lease !== undefined) headers.set("containerd-lease", options.lease)
    return headers
  }

  const unary =
    (method: Method) =>
    (input: object, options: CallOptions = {}) =>
      new Promise<object>((resolve, reject) => {
        const { signal, timeoutMs = TIMEOUT_MS } = options
        if (signal?.aborted) return reject(signal.reason)
        const limit: GrpcOptions = timeoutMs === Number.POSITIVE_INFINITY ? {} : { deadline: world.now() + timeoutMs }
        const stop = () => call.cancel()
        const call = channel.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          input,
          metadata(options),
          limit,
          (error, answer) => {
            signal?.removeEventListener("abort", stop)
            if (error === null) resolve(answer!)
            else reject(signal?.aborted ? signal.reason : engineError(error))
          },
        )
        signal?.addEventListener("abort", stop, { once: true })
      })

  const stream = (method: Method) =>
    async function* (input: object, options: CallOptions = {}): AsyncGenerator<object> {
      const { signal } = options
      signal?.throwIfAborted()
      const call = channel.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        input,
        metadata(options),
      )
      const stop = () => call.cancel()
      signal?.addEventListener("abort", stop, { once: true })
      try {
        for await (const message of call) yield message as object
      } catch (error) {
        throw signal?.aborted ? signal.reason : engineError(error)
      } finally {
        signal?.removeEventListener("abort", stop)
        call.cancel()
      }
    }

  const duplex =
    (method: Method) =>
    (options: CallOptions = {}) => {
      const call = channel.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        metadata(options),
      )
      const stop = () => call.cancel()
      options.signal?.addEventListener("abort", stop, { once: true })
      call.once("close", () => options.signal?.removeEventListener("abort", stop))
      return call
    }

  const bound = Object.fromEntries(
    services().map(({ name, methods }) => [
      name,
      Object.fromEntries(
        [...methods].map(([methodName, method]) => [
          methodName,
          method.requestStream ? duplex(method) : method.responseStream ? stream(method) : unary(method),
        ]),
      ),
    ]),
  ) as unknown as Services

  return {
    ...bound,
    connect: (timeoutMs) =>
      new Promise((resolve, reject) => {
        channel.waitForReady(world.now() + timeoutMs, (error) =>
          error === undefined ? resolve() : reject(engineError({ code: 14, details: `no answer at ${address}` })),
        )
      }),
    close: () => channel.close(),
  }
}

/** A runtime that starts a container on a machine out of breath needs seconds; one that needs this long hangs. */
const TIMEOUT_MS = 120_000
