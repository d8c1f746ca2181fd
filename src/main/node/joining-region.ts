import { request as requestPlain } from "node:http"
import { request as requestSecured } from "node:https"
import { EXIT, Refusal } from "../exit.ts"
import { fingerprintOf, readJoinWord } from "../join-token.ts"
import { CA_PATH, JOIN_PATH, type Membership } from "../join-wire.ts"
import { isLoopback } from "../tls.ts"

export interface Joined extends Membership {
  /** Of the authority that the region's certificate comes from, as the token had it. */
  readonly ca?: string
}

/** Takes the place that a token stands for. The token says whom to trust, so nobody in between can take it instead. */
export async function joinRegion(server: URL, token: string): Promise<Joined> {
  const word = readJoinWord(token)
  if (word === undefined)
    throw new Refusal("--token takes what `homeport token create` printed, as it was printed.", EXIT.usage)
  const isSecured = server.protocol === "https:"
  // A literal address of version 6 stands in brackets in a URL.
  if (!isSecured && !isLoopback(server.hostname.replace(/^\[|\]$/g, "")))
    throw new Refusal("Beyond this machine a token goes over TLS only; give the URL with https://.", EXIT.usage)
  if (word.caFingerprint !== undefined && !isSecured)
    throw new Refusal("This token is for a region that listens with TLS; give its URL with https://.", EXIT.usage)
  const ca = word.caFingerprint === undefined ? undefined : await pinnedCa(server, word.caFingerprint)
  const membership = await ask(server, "POST", JOIN_PATH, { ...(ca && { ca }), body: token.trim() })
  return { ...(JSON.parse(membership) as Membership), ...(ca && { ca }) }
}

/** The region shows its authority's certificate to anyone; it is taken when it is the one that the token names. */
async function pinnedCa(server: URL, fingerprint: string): Promise<string> {
  const ca = await ask(server, "GET", CA_PATH, { anyone: true })
  if (fingerprintIn(ca) === fingerprint) return ca
  throw new Refusal(
    `What answers at ${server.origin} is not the region that made this token. Nothing was sent to it; check the URL.`,
  )
}

/** Undefined for what is no certificate: whoever answered may be anything. */
function fingerprintIn(text: string): string | undefined {
  try {
    return fingerprintOf(text)
  } catch {
    return undefined
  }
}

interface Asking {
  readonly ca?: string
  readonly body?: string

  /** Whoever answers: nothing secret is said. */
  readonly anyone?: boolean
}

function ask(server: URL, method: string, path: string, { ca, body, anyone = false }: Asking): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = server.protocol === "https:" ? requestSecured : requestPlain
    // A connection of its own: one that was open to anyone is not used again.
    const trust = { rejectUnauthorized: !anyone, ...(ca && { ca: [ca] }) }
    const options = { method, agent: false, timeout: ANSWER_MS_MAX, ...trust }
    const asking = request(new URL(path, server), options, (answer) => {
      let text = ""
      answer.setEncoding("utf8")
      answer.on("data", (part) => {
        text += part
        if (text.length > ANSWER_LENGTH_MAX) asking.destroy(new Error("it says too much"))
      })
      answer.on("error", reject)
      answer.on("end", () => (answer.statusCode === 200 ? resolve(text) : reject(refused(server, text))))
    })
    asking.on("timeout", () => asking.destroy(new Error("it does not answer")))
    asking.on("error", (error) =>
      reject(new Refusal(`Cannot join at ${server.origin}: ${error.message}.`, EXIT.failed)),
    )
    asking.end(body)
  })
}

function refused(server: URL, text: string): Refusal {
  try {
    return new Refusal(JSON.parse(text).message, EXIT.failed)
  } catch {
    return new Refusal(
      `What answers at ${server.origin} is not a Homeport region, or not of this version.`,
      EXIT.failed,
    )
  }
}

const ANSWER_MS_MAX = 15_000
const ANSWER_LENGTH_MAX = 64 * 2 ** 10
