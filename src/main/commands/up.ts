import { spawn } from "node:child_process"
import { once } from "node:events"
import { command, type Values } from "../command.ts"
import { type Status, status } from "../control.ts"
import { type DataDirectory, prepare, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { openLog } from "../log-file.ts"
import { isAlive } from "../process-identity.ts"
import { supervise } from "../supervisor.ts"
import { VERSION } from "../version.ts"
import { dataHint, serverOptions } from "./options.ts"
import { serverOptionsOf } from "./server.ts"

const options = {
  ...serverOptions,
  detach: { type: "boolean", help: "return once it answers, and let it run in the background" },
} as const

export const up = command({
  about: `Starts the region and keeps it running, in the foreground unless told otherwise. A second "up" finds the first.`,
  options,
  async run(values) {
    const startedAt = performance.now()
    const { data, port } = serverOptionsOf(values)
    prepare(data)
    const running = await findRunning(data)
    if (running !== undefined) return alreadyRuns(running, values.port === undefined ? undefined : port)
    return values.detach === true ? detach(data, values, startedAt) : foreground(data, values, startedAt)
  },
})

/** This one again. */
const PROGRAM: readonly [string, ...string[]] = [process.execPath, ...process.execArgv, process.argv[1]!]

/** The region that answers for this directory. One that is just starting, or starting again, is waited for. */
async function findRunning(data: DataDirectory): Promise<Status | undefined> {
  for (let looks = 0; ; looks++) {
    const found = await status(data)
    const supervisor = readRunRecord(data)?.supervisor
    if (found !== undefined || supervisor === undefined || !isAlive(supervisor)) return found
    if (looks === LOOKS_MAX) {
      throw new Refusal(
        `Homeport already runs with data in ${data.path} (process ${supervisor.pid}), but its region does not answer; see: homeport logs${dataHint(data)}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

const LOOKS_MAX = 50
const LOOK_MS = 100

function alreadyRuns({ endpoint, port, pid, data }: Status, askedPort: number | undefined): number {
  if (askedPort === undefined || askedPort === 0 || askedPort === port) {
    console.log(`Homeport already runs at ${endpoint} (process ${pid}).`)
    return EXIT.ok
  }
  throw new Refusal(
    `Homeport already runs with data in ${data}, at ${endpoint}. Stop it first, or name another directory with --data.`,
  )
}

function foreground(data: DataDirectory, values: Values<typeof options>, startedAt: number): Promise<number> {
  let starts = 0
  return supervise({
    program: PROGRAM,
    args: (port) => ["server", ...wordsFor(values, port)],
    logTo: openLog(data.log),
    say(line) {
      if (process.connected) process.send!({ line } satisfies Said)
      else console.error(line)
    },
    ready({ endpoint, leads }) {
      starts += 1
      if (process.connected) process.send!({ ready: { endpoint, leads } } satisfies Said)
      else if (starts > 1) console.log(`Answering again at ${endpoint}.`)
      else console.log(welcome(data, endpoint, startedAt, leads, values.dev === true))
    },
  })
}

/** Starts the foreground's twin in a session of its own, and waits until it answers or says why not. */
function detach(data: DataDirectory, values: Values<typeof options>, startedAt: number): Promise<number> {
  const log = openLog(data.log)
  const twin = spawn(PROGRAM[0], [...PROGRAM.slice(1), "up", ...wordsFor(values)], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  })
  // Who no longer wants to wait does not want it to run either.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => twin.kill("SIGTERM"))
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      console.error(`Homeport does not answer yet; it goes on trying. See: homeport logs${dataHint(data)}`)
      resolve(EXIT.failed)
    }, ANSWER_MS_MAX)
    twin.on("message", ({ ready, line }: Said) => {
      if (line !== undefined) console.error(line)
      if (ready === undefined) return
      clearTimeout(timer)
      console.log(welcome(data, ready.endpoint, startedAt, ready.leads, values.dev === true))
      resolve(EXIT.ok)
    })
    twin.once("exit", async (code) => {
      if (twin.connected) await once(twin, "disconnect")
      resolve(code ?? EXIT.failed)
    })
  })
}

const ANSWER_MS_MAX = 60_000

/** What the twin tells while somebody waits. */
interface Said {
  readonly line?: string
  readonly ready?: { readonly endpoint: string; readonly leads: boolean }
}

/** The options again as words, for the process that is to have them. */
function wordsFor({ detach, ...values }: Values<typeof options>, port?: number): string[] {
  const all = port === undefined ? values : { ...values, port: String(port) }
  return Object.entries(all).flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? [`--${name}`] : []
    return [value].flat().flatMap((each) => [`--${name}`, each as string])
  })
}

function welcome(data: DataDirectory, endpoint: string, startedAt: number, leads: boolean, dev: boolean): string {
  const hint = dataHint(data)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  return `Homeport ${VERSION} answers at ${endpoint}, after ${seconds} s${leads ? "" : " (standby: another process leads)"}.
  Data         ${data.path}
  Credentials  ${dev ? "any; an access key id of twelve digits names the account" : `eval "$(./homeport env${hint})"`}
  Try          aws --endpoint-url ${endpoint} ecs create-cluster --cluster-name shop
  Stop         ./homeport down${hint}`
}
