import type { World } from "../../world/world.ts"
import type { Login } from "../engine/image.ts"
import { type Challenge, readChallenge } from "./challenge.ts"
import { inRegion } from "./ecr.ts"
import { networkError } from "./network-error.ts"
import { readWhole } from "./read-whole.ts"
import type { Reference } from "./reference.ts"
import { TryFailed } from "./retry.ts"
import { schemeChooser } from "./scheme.ts"
import { tokenSource } from "./token.ts"
import type { Incoming, Outgoing, Transport } from "./transport.ts"

export interface Exchange {
  /**
   * One request to a registry with all that belongs to it: scheme, authorisation, redirects. Resolves only with success
   * (2xx); everything else is thrown as `TryFailed`.
   */
  send(ask: Ask): Promise<Incoming>
}

export interface Ask {
  readonly reference: Reference

  /** Below the repository, as in `manifests/latest`. */
  readonly path: string
  readonly method: "GET" | "HEAD"
  readonly headers: Readonly<Record<string, string>>
  readonly login: Login | undefined
  readonly signal: AbortSignal
}

export interface ExchangeOptions {
  /** Hosts, or hosts with their ports, that may be spoken to without TLS, beside loopback. */
  readonly plainHttp?: readonly string[]
}

export function exchange(world: World, transport: Transport, { plainHttp = [] }: ExchangeOptions): Exchange {
  const schemes = schemeChooser(plainHttp)

  // What each registry asked for last, so that only the first request to it is sent in vain.
  const challenges = new Map<string, Challenge>()

  async function once(request: Omit<Outgoing, "trusting">): Promise<Incoming> {
    const { method, url, signal } = request
    const told = (error: unknown) => {
      if (signal.aborted) return signal.reason
      schemes.forget(url.host)
      return networkError(method, url, error)
    }
    try {
      const answer = await transport.send({ ...request, trusting: schemes.mayBePlain(url.host) })
      return { ...answer, body: rewording(answer.body, told) }
    } catch (error) {
      throw told(error)
    }
  }

  /** Follows redirects, and takes the authorisation along only to where it was meant for. */
  async function follow(request: Omit<Outgoing, "trusting">): Promise<Incoming> {
    let { url, headers } = request
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const answer = await once({ ...request, url, headers })
      const location = answer.header("location")
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer
      answer.discard()
      const next = URL.parse(location, url)
      // From one that is spoken to in clear there is nothing to lose: what is fetched is verified by its digest.
      if (next === null || !(schemes.allows(next) || (next.protocol === "http:" && url.protocol === "http:"))) {
        throw new TryFailed("registry refused", `redirected from ${url.href} to ${JSON.stringify(location)}`)
      }
      if (next.origin !== url.origin) headers = withoutAuthorization(headers)
      url = next
    }
    throw new TryFailed("registry refused", `stopped after ${REDIRECTS_MAX} redirects from ${request.url.href}`)
  }

  const tokens = tokenSource(world, (url, login, signal) => {
    if (!schemes.allows(url)) throw new TryFailed("registry refused", `token realm ${url.href} is not served over TLS`)
    const shown = login === undefined ? {} : { authorization: basicOf(login) }
    return follow({ method: "GET", url, headers: { ...OURSELVES, ...shown }, signal })
  })

  async function authorization(
    ask: Ask,
    challenge: Challenge | undefined,
    fresh: boolean,
  ): Promise<string | undefined> {
    // The region knows its own passwords without asking for them first.
    if (ask.login?.via !== undefined) return basicOf(ask.login)
    if (challenge === undefined) return undefined
    if (challenge.scheme === "basic") return ask.login && basicOf(ask.login)
    const scope = `repository:${ask.reference.repository}:pull`
    return `Bearer ${await tokens.get(challenge, scope, ask, fresh)}`
  }

  /** Where a repository is, and what it is called there. */
  async function placeOf({ reference, login, signal }: Ask) {
    const via = login?.via
    if (via !== undefined) {
      return { base: new URL(via.endpoint), repository: inRegion(reference) ?? reference.repository, ca: via.ca }
    }
    const probe = (url: URL) =>
      once({ method: "GET", url, headers: OURSELVES, signal }).then((answer) => answer.discard())
    return { base: await schemes.baseOf(reference.host, probe), repository: reference.repository, ca: undefined }
  }

  return {
    async send(ask) {
      const { path, method, signal } = ask
      const { base, repository, ca } = await placeOf(ask)
      const key = `${base.host}/${repository}`
      const url = new URL(`v2/${repository}/${path}`, base)
      const attempt = async (challenge: Challenge | undefined, fresh: boolean) => {
        const shown = await authorization(ask, challenge, fresh)
        const headers = { ...ask.headers, ...OURSELVES, ...(shown && { authorization: shown }) }
        return follow({ method, url, headers, signal, ...(ca !== undefined && { ca }) })
      }

      let answer = await attempt(challenges.get(key), false)
      if (answer.status === 401) {
        const challenge = readChallenge(answer.header("www-authenticate"))
        if (challenge !== undefined && (challenge.scheme === "bearer" || ask.login !== undefined)) {
          answer.discard()
          const known = challenges.has(key)
          challenges.delete(key)
          challenges.set(key, challenge)
          if (challenges.size > CHALLENGES_MAX) challenges.delete(challenges.keys().next().value!)
          answer = await attempt(challenge, known)
        }
      }
      if (answer.status >= 200 && answer.status < 300) return answer
      throw await refusal(method, url, answer)
    },
  }
}

async function* rewording(body: AsyncIterable<Buffer>, told: (error: unknown) => unknown): AsyncIterable<Buffer> {
  try {
    yield* body
  } catch (error) {
    throw told(error)
  }
}

async function refusal(method: string, url: URL, answer: Incoming): Promise<TryFailed> {
  const { status, statusText } = answer
  const said = method === "HEAD" ? "" : await serverMessage(answer)
  if (method === "HEAD") answer.discard()
  const unexpected = `unexpected status from ${method} request to ${url.href}: ${status} ${statusText}`
  if (status === 404) return new TryFailed("image not found", "not found")
  if (status === 401) {
    const reason = said || "insufficient_scope: authorization failed"
    return new TryFailed("registry refused", `${DENIED}: server message: ${reason}`)
  }
  if (status === 403) return new TryFailed("registry refused", unexpected + (said && ` - Server message: ${said}`))
  const mayPass = status >= 500 || status === 429 || status === 408
  const waitMs = Number(answer.header("retry-after") ?? Number.NaN) * 1000
  return new TryFailed(
    mayPass ? "registry failed" : "registry refused",
    unexpected + (said && ` - Server message: ${said}`),
    Number.isFinite(waitMs) ? waitMs : undefined,
  )
}

/** As in `toomanyrequests: You have reached your pull rate limit.` */
async function serverMessage(answer: Incoming): Promise<string> {
  try {
    const { errors } = JSON.parse((await readWhole(answer, MESSAGE_SIZE_MAX)).toString("utf8"))
    const { code, message } = errors[0]
    return `${String(code).toLowerCase().replaceAll("_", " ")}: ${String(message)}`.slice(0, MESSAGE_LENGTH_MAX)
  } catch {
    return ""
  }
}

function basicOf({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
}

function withoutAuthorization({ authorization: _, ...rest }: Readonly<Record<string, string>>) {
  return rest
}

const OURSELVES = { "user-agent": "homeport" }
const DENIED = "pull access denied, repository does not exist or may require authorization"
const REDIRECTS_MAX = 10
const CHALLENGES_MAX = 1000
const MESSAGE_SIZE_MAX = 64 * 1024
const MESSAGE_LENGTH_MAX = 300
