/**
 * A request as it came in, before anyone knows what it means. The front door is a function from this to a response;
 * the HTTP server and the tests are two callers of it.
 */
export interface HttpRequest {
  readonly method: string

  /** The path as sent, still percent-encoded. */
  readonly path: string

  /** What follows the question mark, as sent; empty when there is none. */
  readonly query: string

  /** Names in lower case; a header sent several times has its values joined by commas, without spaces, as they are signed. */
  readonly headers: Headers
  readonly body: Body

  /** Raised when the caller has gone away or the server stops. */
  readonly signal: AbortSignal
}

export type Headers = Readonly<Record<string, string | undefined>>

/** A body that has arrived whole, or one that is still arriving. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>
}

export const NO_BODY = new Uint8Array(0)

/** For those who read bodies piece by piece, however they came. */
export async function* asStream(body: Body): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}
