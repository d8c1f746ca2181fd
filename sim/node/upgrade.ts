import type { HttpRequest } from "../../src/aws/http.ts"
import { type AccessKeyId, authorization } from "../identity.ts"

/** Asks for a websocket. */
export function upgradeRequest(path: string, query: string, keyId: AccessKeyId): HttpRequest {
  return {
    method: "GET",
    path,
    query,
    headers: { host: "region", upgrade: "websocket", authorization: authorization(keyId) },
    body: new Uint8Array(0),
    signal: NEVER,
  }
}

const NEVER = new AbortController().signal
