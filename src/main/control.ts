import { request } from "node:http"
import type { Readable } from "node:stream"
import type { Place } from "../services/accounts/index.ts"
import type { DataDirectory } from "./data.ts"
import { EXIT, Refusal } from "./exit.ts"
import type { Membership } from "./join-wire.ts"

// What the command line asks of the process that runs, over a socket in the data directory that only its user can open.

export interface Status {
  readonly version: string
  readonly pid: number
  readonly endpoint: string
  readonly port: number
  readonly data: string
  readonly journal: "sqlite" | "postgresql"
  readonly startedAt: number

  /** Whether a request would be answered, here or by the leader. */
  readonly ready: boolean
  readonly leads: boolean

  /** Where the process that leads can be reached, when it is another one. */
  readonly leader?: string
  readonly accounts: number
  readonly records: number
  readonly storeVersion: number
  readonly inFlight: number
  readonly dev: boolean

  /** Where other machines reach it; absent when it listens on the loopback only. */
  readonly advertised?: string

  /** Homeport's own certificate, to be trusted by who connects; absent without TLS or with a given certificate. */
  readonly caFile?: string
}

export interface Credentials {
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The process behind the control socket; undefined when nobody is there. One that is there has two seconds to answer. */
export async function status(data: DataDirectory): Promise<Status | undefined> {
  try {
    return await ask<Status>(data, "GET", "/status")
  } catch (error) {
    if (error instanceof NobodyThere) return undefined
    throw error
  }
}

export function rootCredentials(data: DataDirectory): Promise<Credentials> {
  return running(data, ask(data, "GET", "/credentials"))
}

export function createAccounts(data: DataDirectory, count: number): Promise<readonly Credentials[]> {
  return running(data, ask(data, "POST", `/accounts?count=${count}`, ACCOUNTS_MS_MAX))
}

/** A place in the installation for this machine. Without an account it is the first one's. */
export function join(data: DataDirectory, place: AskedPlace): Promise<Membership> {
  return running(data, ask(data, "POST", `/join?${wordsOf(place)}`))
}

export async function createJoinToken(data: DataDirectory, place: AskedPlace, msValid: number): Promise<string> {
  const made = ask<{ token: string }>(data, "POST", `/join-tokens?${wordsOf(place)}&ms=${msValid}`)
  return (await running(data, made)).token
}

/** A place as people name it: whose it is follows from its kind, or is the first account. */
export type AskedPlace = Omit<Place, "account"> & { readonly account?: string }

function wordsOf(place: AskedPlace): string {
  return new URLSearchParams({ ...place }).toString()
}

/** The other side of `wordsOf`. */
export function placeFrom(words: URLSearchParams): AskedPlace {
  const account = words.get("account")
  return {
    kind: words.get("kind") as Place["kind"],
    region: words.get("region")!,
    cluster: words.get("cluster")!,
    ...(account === null ? {} : { account }),
  }
}

/** Resolves when the process has begun to stop. */
export function stop(data: DataDirectory): Promise<void> {
  return running(data, ask(data, "POST", "/stop"))
}

/** Nothing listens at the control socket, or it is left over from a process that was killed. */
export class NobodyThere extends Error {
  override readonly name = "NobodyThere"
}

/** It is there and says nothing: it is frozen, or very busy. */
export class NoAnswer extends Refusal {
  constructor({ path }: DataDirectory, options?: ErrorOptions) {
    super(`Homeport with data in ${path} runs but does not answer.`, EXIT.failed, options)
  }
}

function ask<Answer>(data: DataDirectory, method: string, path: string, msMax = ANSWER_MS_MAX): Promise<Answer> {
  return askAt(data.control, data, method, path, { msMax })
}

export interface AskOptions {
  readonly msMax?: number
  readonly body?: Readable
}

/** Asks whoever listens at a control socket of a data directory. */
export function askAt<Answer>(
  socketPath: string,
  data: DataDirectory,
  method: string,
  path: string,
  { msMax = ANSWER_MS_MAX, body }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, timeout: msMax })
    asking.on("timeout", () => asking.destroy(new NoAnswer(data)))
    asking.on("error", (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code)) return reject(new NobodyThere())
      if (error.code === "EACCES")
        return reject(new Refusal(`Homeport with data in ${data.path} belongs to another user.`))
      reject(error)
    })
    asking.on("response", (answer) => {
      let text = ""
      answer.setEncoding("utf8")
      answer.on("data", (part) => (text += part))
      answer.on("error", reject)
      answer.on("end", () => {
        try {
          const body = JSON.parse(text)
          if (answer.statusCode === 200) resolve(body)
          else reject(new Refusal(body.message, EXIT.failed))
        } catch (cause) {
          reject(new NoAnswer(data, { cause }))
        }
      })
    })
    if (body === undefined) asking.end()
    else body.on("error", (error) => asking.destroy(error)).pipe(asking)
  })
}

async function running<Answer>({ path }: DataDirectory, asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof NobodyThere)) throw error
    throw new Refusal(`Homeport is not running with data in ${path}. Start it with: homeport up`, EXIT.failed)
  }
}

/** The last two are what a process leaves that ends while it is being asked. */
const NOBODY: ReadonlySet<string | undefined> = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"])

const ANSWER_MS_MAX = 2_000

/** Making a hundred thousand accounts takes some seconds. */
const ACCOUNTS_MS_MAX = 60_000
