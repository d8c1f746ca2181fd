import type { HttpResponse } from "../aws/http.ts"
import type { Exchange } from "./http-exchange.ts"
import { CA_PATH } from "./join-wire.ts"

/** What the process says about itself to whoever runs it. */
export interface Health {
  /** Whether a request would be answered; here or by the leader. */
  ready(): boolean
  metrics(): string

  /** The certificate of the authority that others are to trust; who asks compares it with what they were told. */
  readonly ca?: string
}

/**
 * The answer to a path of ours; undefined for everything else. A signed request is never ours: a bucket may be called
 * `metrics` as well.
 */
export function ownAnswer({ method, path, query, headers }: Exchange, health: Health): HttpResponse | undefined {
  if (query !== "" || headers.authorization !== undefined || (method !== "GET" && method !== "HEAD")) return undefined
  switch (path) {
    case "/healthz":
      return plain(200, "alive\n")
    case "/readyz":
      return health.ready() ? plain(200, "ready\n") : plain(503, "not ready\n")
    case "/metrics":
      return {
        ...plain(200, health.metrics()),
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      }
    case CA_PATH:
      return health.ca === undefined ? undefined : plain(200, health.ca)
    default:
      return undefined
  }
}

function plain(status: number, body: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }, body }
}
