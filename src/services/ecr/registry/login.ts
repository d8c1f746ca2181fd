import { type HttpRequest, type HttpResponse, originOf } from "../../../aws/http.ts"
import { homeInHost } from "../address.ts"
import { makeToken } from "../authorization-token.ts"
import { ANONYMOUS_TOKEN, ANYONE, type Asker, askerOf } from "./asker.ts"
import { gathered } from "./body.ts"
import { RegistryRefusal } from "./refusal.ts"
import type { Registry } from "./registry.ts"
import { actAs } from "./visit.ts"

/**
 * How a client is to say who it is. At AWS's own names it is asked as AWS asks. Elsewhere one address is for private and
 * for public repositories, so it is sent for a token, which those who are not logged in get as well.
 */
export function challenge(request: Pick<HttpRequest, "headers" | "isSecure">): string {
  const origin = originOf(request)
  if (homeInHost(request.headers.host) !== undefined) return `Basic realm="${origin}/",service="${SERVICE}"`
  return `Bearer realm="${origin}${TOKEN_PATH}",service="${SERVICE}"`
}

/** Gives a token to who shows something to be known by, as `docker login` does, and one for nothing to all others. */
export async function answerTokenRequest(registry: Registry, request: HttpRequest): Promise<HttpResponse> {
  const asker = request.method === "POST" ? await askerInForm(registry, request) : askerOf(registry, request)
  if (asker === undefined) throw unauthorized()
  if (asker === ANYONE) return tokenAnswer(ANONYMOUS_TOKEN, ANONYMOUS_SECONDS)
  if (asker.shown !== undefined) return tokenAnswer(asker.shown.token, secondsUntil(registry, asker.shown.expiresAt))
  const home = { account: asker.principal.account, region: asker.region }
  const { token, expiresAt } = await actAs({ registry, request, asker, home }, "GetAuthorizationToken", (call) => {
    call.authorize("*")
    return makeToken(call)
  })
  return tokenAnswer(token, secondsUntil(registry, expiresAt))
}

export function unauthorized(): RegistryRefusal {
  return new RegistryRefusal(
    401,
    "UNAUTHORIZED",
    "Your authorization token is not valid. Log in with the output of: aws ecr get-login-password",
  )
}

/** As clients of the newer kind ask. */
async function askerInForm(registry: Registry, request: HttpRequest): Promise<Asker | undefined> {
  const form = new URLSearchParams(Buffer.from(await gathered(request.body, FORM_BYTES_MAX)).toString("utf8"))
  const shown = form.get("refresh_token") ?? form.get("password")
  if (shown === null) return ANYONE
  const pair = `${form.get("username") ?? "AWS"}:${shown}`
  const authorization = `Basic ${Buffer.from(pair).toString("base64")}`
  return askerOf(registry, { headers: { ...request.headers, authorization } })
}

function secondsUntil({ world }: Registry, time: number): number {
  return Math.floor((time - world.now()) / 1000)
}

function tokenAnswer(token: string, seconds: number): HttpResponse {
  const content = { token, access_token: token, expires_in: seconds }
  const headers = { "content-type": "application/json", "cache-control": "no-store" }
  return { status: 200, headers, body: JSON.stringify(content) }
}

export const TOKEN_PATH = "/v2/token"
const SERVICE = "ecr.amazonaws.com"
const ANONYMOUS_SECONDS = 3_600
const FORM_BYTES_MAX = 64 * 1024
