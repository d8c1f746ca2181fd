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

  /** Whether it came over TLS. */
  readonly isSecure?: boolean

  /** The address that it came from; undefined inside a process. */
  readonly sourceIp?: string | undefined

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

/**
 * Scheme and host under which the caller has reached us, to tell it where else to find us. Whoever stands in between says
 * in a header what its own caller used; a caller that makes it up deceives itself alone.
 */
export function originOf({ headers, isSecure = false }: Pick<HttpRequest, "headers" | "isSecure">): string {
  const [said] = (headers["x-forwarded-proto"] ?? "").split(",")
  const scheme = said === "http" || said === "https" ? said : isSecure ? "https" : "http"
  return `${scheme}://${headers.host ?? "localhost"}`
}

/** For those who read bodies piece by piece, however they came. */
export async function* asStream(body: Body): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}
