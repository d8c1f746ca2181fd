import { request } from "node:http"
import type { DataDirectory } from "./data.ts"
import { EXIT, Refusal } from "./exit.ts"

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

/** Resolves when the process has begun to stop. */
export function stop(data: DataDirectory): Promise<void> {
  return running(data, ask(data, "POST", "/stop"))
}

/** Nothing listens at the control socket, or it is left over from a process that was killed. */
class NobodyThere extends Error {
  override readonly name = "NobodyThere"
}

/** It is there and says nothing: it is frozen, or very busy. */
export class NoAnswer extends Refusal {
  constructor({ path }: DataDirectory, options?: ErrorOptions) {
    super(`Homeport with data in ${path} runs but does not answer.`, EXIT.failed, options)
  }
}

function ask<Answer>(data: DataDirectory, method: string, path: string, msMax = ANSWER_MS_MAX): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: data.control, method, path, timeout: msMax })
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
    asking.end()
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

/** The last one is what a process leaves that ends while it is being asked. */
const NOBODY: ReadonlySet<string | undefined> = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET"])

const ANSWER_MS_MAX = 2_000

/** Making a hundred thousand accounts takes some seconds. */
const ACCOUNTS_MS_MAX = 60_000
