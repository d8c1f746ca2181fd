import { spawn } from "node:child_process"
import { resolve } from "node:path"
import { type Credentials, rootCredentials, type Status, status } from "../src/main/control.ts"
import { type DataDirectory, dataDirectory } from "../src/main/data.ts"
import { until } from "../test/e2e/until.ts"

export interface Homeport extends AsyncDisposable {
  readonly pid: number
  readonly data: DataDirectory

  /** Resolves when it says of itself that it would answer. */
  ready(): Promise<Status>
  credentials(): Promise<Credentials>
}

export interface HomeportOptions {
  readonly port?: number

  /** Whether `up` runs containers on this machine too. */
  readonly node?: boolean
  readonly logLevel?: "debug" | "warn"
}

/** Starts Homeport as its users do, with its own data. */
export function startHomeport(
  command: "up" | "server",
  path: string,
  { port = 0, node = false, logLevel = "warn" }: HomeportOptions = {},
): Homeport {
  const words = [command, "--data", path, "--port", String(port), "--log-level", logLevel]
  if (command === "up" && !node) words.push("--no-node")
  const child = spawn(resolve(import.meta.dirname, "../homeport"), words, { stdio: ["ignore", "ignore", "pipe"] })
  const data = dataDirectory(path)
  let said = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  let ended = false
  const gone = new Promise<void>((done) => {
    child.once("exit", () => {
      ended = true
      done()
    })
  })
  const stop = () => child.kill("SIGTERM")
  process.once("exit", stop)
  return {
    pid: child.pid!,
    data,
    ready() {
      return until(async () => {
        if (ended) throw new Error(`homeport ${command} ended before it was ready:\n${said}`)
        const found = await status(data)
        return found?.ready === true && found
      })
    },
    credentials: () => rootCredentials(data),
    async [Symbol.asyncDispose]() {
      stop()
      await gone
      process.off("exit", stop)
    },
  }
}
