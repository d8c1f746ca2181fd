import type { SimulatedWorld } from "../world/simulated.ts"
import type { FrontDoor } from "./front-door.ts"
import type { HttpRequest, HttpResponse } from "./http.ts"

/** What SDK clients send, in the part that matters here. */
interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | null | readonly (string | null)[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

interface SdkResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: ReadableStream<Uint8Array> | Uint8Array
}

/**
 * Wires SDK clients to the front door, in process: no port, and the world runs on until there is an answer, by so many
 * milliseconds a round where answers take time.
 */
export function sdkHandler(door: Pick<FrontDoor, "handle">, world: SimulatedWorld, roundMs = 0) {
  return {
    async handle(
      request: SdkRequest,
      { abortSignal }: { readonly abortSignal?: AbortSignal } = {},
    ): Promise<{ response: SdkResponse }> {
      const answer = await untilAnswered(door.handle(ourRequest(request, abortSignal)), world, roundMs)
      return { response: theirResponse(answer) }
    },
  }
}

/** Runs the world until `answer` is there. Many may wait at once: one of them turns the wheel for all. */
export async function untilAnswered<T>(answer: Promise<T>, world: SimulatedWorld, roundMs = 0): Promise<T> {
  waiting.set(world, (waiting.get(world) ?? 0) + 1)
  const done = () => waiting.set(world, waiting.get(world)! - 1)
  answer.then(done, done)
  if (waiting.get(world) === 1) {
    while (waiting.get(world)! > 0) await world.advance(roundMs)
  }
  return answer
}

const waiting = new WeakMap<SimulatedWorld, number>()

export function ourRequest({ method, path, query = {}, headers, body }: SdkRequest, signal?: AbortSignal): HttpRequest {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encode(name)}=${value === null ? "" : encode(String(value))}`),
  )
  return {
    method,
    path,
    query: pairs.join("&"),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: body === undefined ? new Uint8Array(0) : typeof body === "string" ? Buffer.from(body) : body,
    signal: signal ?? new AbortController().signal,
  }
}

function theirResponse({ status, headers, body }: HttpResponse): SdkResponse {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (typeof body === "string") return { statusCode: status, headers: lower, body: Buffer.from(body) }
  if (body instanceof Uint8Array) return { statusCode: status, headers: lower, body }
  return { statusCode: status, headers: lower, body: ReadableStream.from(body) as ReadableStream<Uint8Array> }
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
