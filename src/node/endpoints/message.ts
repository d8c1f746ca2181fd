export interface EndpointRequest {
  readonly method: string

  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  readonly userAgent: string
}

export interface EndpointResponse {
  readonly status: number

  /** Rendered as JSON, unless it is `text`. */
  readonly body?: unknown
  readonly text?: string
}

export function answer(body: unknown, status = 200): EndpointResponse {
  return { status, body }
}
