import type { World } from "../../world/world.ts"
import type { Login } from "../engine/image.ts"
import type { Challenge } from "./challenge.ts"
import { readWhole } from "./read-whole.ts"
import { TryFailed } from "./retry.ts"
import type { Incoming } from "./transport.ts"

export interface Tokens {
  /** A token for what a challenge is about, if need be a new one. */
  get(challenge: Bearer, scope: string, asker: Asker, fresh: boolean): Promise<string>
}

export type Bearer = Extract<Challenge, { scheme: "bearer" }>

interface Asker {
  readonly login: Login | undefined
  readonly signal: AbortSignal
}

type Fetch = (url: URL, login: Login | undefined, signal: AbortSignal) => Promise<Incoming>

/** Asks for tokens where registries say, and keeps each while it is good. */
export function tokenSource(world: World, fetch: Fetch): Tokens {
  const kept = new Map<string, { readonly token: string; readonly until: number }>()
  return {
    async get({ realm, service, scope: told }, scope, { login, signal }, fresh) {
      const url = URL.parse(realm)
      if (url === null) throw new TryFailed("registry refused", `invalid token realm ${JSON.stringify(realm)}`)
      if (service !== undefined) url.searchParams.set("service", service)
      url.searchParams.set("scope", told ?? scope)

      const key = JSON.stringify([url.href, login?.username, login?.password])
      const known = kept.get(key)
      if (!fresh && known !== undefined && world.monotonic() < known.until) return known.token

      const answer = await fetch(url, login, signal)
      if (answer.status !== 200) {
        answer.discard()
        throw new TryFailed(
          answer.status >= 500 || answer.status === 429 ? "registry failed" : "registry refused",
          `failed to authorize: failed to fetch ${login ? "oauth" : "anonymous"} token: unexpected status from GET request to ${url.href}: ${answer.status} ${answer.statusText}`,
        )
      }
      const { token, lifeMs } = readToken(await readWhole(answer, TOKEN_SIZE_MAX))
      kept.delete(key)
      kept.set(key, { token, until: world.monotonic() + lifeMs })
      if (kept.size > TOKENS_MAX) kept.delete(kept.keys().next().value!)
      return token
    },
  }
}

function readToken(body: Buffer): { token: string; lifeMs: number } {
  let told: Record<string, unknown> = {}
  try {
    told = JSON.parse(body.toString("utf8")) ?? {}
  } catch {
    // Then there is no token in it, which is told below.
  }
  const token = told.token ?? told.access_token
  if (typeof token !== "string" || token === "" || /[\r\n]/.test(token)) {
    throw new TryFailed("registry refused", "failed to authorize: the token server gave no token")
  }
  const seconds = typeof told.expires_in === "number" && told.expires_in > 0 ? told.expires_in : LIFE_SECONDS
  return { token, lifeMs: seconds * 1000 * LIFE_USED }
}

const TOKENS_MAX = 1000
const TOKEN_SIZE_MAX = 1024 ** 2

/** What the protocol says where a token server says nothing. */
const LIFE_SECONDS = 60

/** A token that ends on its way to the registry is of no use. */
const LIFE_USED = 0.8
