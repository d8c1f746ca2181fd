import { spawn } from "node:child_process"
import { once } from "node:events"
import { type CommandOptions, command, type Values } from "../command.ts"
import { type Status, status } from "../control.ts"
import { type DataDirectory, dataHint, prepare, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { openLog } from "../log-file.ts"
import { firstContainer } from "../node/first-container.ts"
import { localNode } from "../node/local-node.ts"
import { isAlive } from "../process-identity.ts"
import { regionProcess } from "../region-process.ts"
import { supervise } from "../supervisor.ts"
import { VERSION } from "../version.ts"
import { logOption, nodeOptions, ownAddress, serverOptions } from "./options.ts"
import { serverOptionsOf } from "./server.ts"

const options = {
  ...serverOptions,
  ...nodeOptions,
  "no-node": { type: "boolean", help: "run no containers on this machine" },
  region: { type: "string", value: "NAME", help: "of this machine's container instance (default us-east-1)" },
  cluster: { type: "string", value: "NAME", help: "that it belongs to (default default)" },
  detach: { type: "boolean", help: "return once it answers, and let it run in the background" },
} as const

export const up = command({
  about: `Starts a region, and a node that makes this machine a container instance of it, and keeps them running: in the
foreground unless told otherwise. A second "up" finds the first. Containers run through a containerd of Homeport's own,
for which it needs root, or a sudo that asks for no password; or through Docker. Where neither can work, the region
runs alone and says why.`,
  options,
  async run(values) {
    const startedAt = performance.now()
    const { data, port } = serverOptionsOf(values)
    if (values.underlay !== undefined) ownAddress("underlay", values.underlay)
    prepare(data)
    const running = await findRunning(data)
    if (running !== undefined) return alreadyRuns(running, values.port === undefined ? undefined : port)
    return values.detach === true ? detach(data, values) : foreground(data, values, startedAt)
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
  let endpoint = ""
  const withNode = values["no-node"] !== true
  const tell = (said: Said) => {
    if (process.connected) process.send!(said)
    else if (said.line !== undefined) console.error(said.line)
    else if (said.welcome !== undefined) console.log(said.welcome)
  }
  const say = (line: string) => tell({ line })
  const region = regionProcess({
    program: PROGRAM,
    args: (port) => ["server", ...wordsFor(values, serverOptions, port)],
    logTo: openLog(data.log),
    ready(report) {
      starts += 1
      endpoint = report.endpoint
      if (starts > 1) return say(`Answering again at ${endpoint}.`)
      tell({ welcome: welcome({ data, endpoint, startedAt, leads: report.leads, dev: values.dev === true, withNode }) })
      if (!withNode) tell({ complete: true })
    },
  })
  if (!withNode) return supervise({ region, say })

  const place = { region: values.region ?? "us-east-1", cluster: values.cluster ?? "default" }
  let told = false
  const start = localNode({
    data,
    program: PROGRAM,
    words: wordsFor(values, { ...nodeOptions, ...logOption }),
    place,
    ready(engine, seconds) {
      if (told) return say("Containers run again.")
      told = true
      tell({ welcome: firstContainer({ data, endpoint, engine, seconds, ...place }), complete: true })
    },
  })
  // Whatever is to be said of the node, nobody needs to wait for it any longer.
  return supervise({ region, node: { start, say: (line) => tell({ line, complete: true }) }, say })
}

/** Starts the foreground's twin in a session of its own, and waits until it answers or says why not. */
function detach(data: DataDirectory, values: Values<typeof options>): Promise<number> {
  const log = openLog(data.log)
  const twin = spawn(PROGRAM[0], [...PROGRAM.slice(1), "up", ...wordsFor({ ...values, detach: false }, options)], {
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
    twin.on("message", ({ line, welcome, complete = false }: Said) => {
      if (line !== undefined) console.error(line)
      if (welcome !== undefined) console.log(welcome)
      if (!complete) return
      clearTimeout(timer)
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
  /** Something to know of. */
  readonly line?: string

  /** What was asked for. */
  readonly welcome?: string

  /** All that was asked for runs, or is known not to. */
  readonly complete?: boolean
}

/** Some of the options again as words, for the process that is to have them. */
function wordsFor(values: Values<typeof options>, known: CommandOptions, port?: number): string[] {
  const all = port === undefined ? values : { ...values, port: String(port) }
  return Object.entries(all).flatMap(([name, value]) => {
    if (!(name in known)) return []
    if (typeof value === "boolean") return value ? [`--${name}`] : []
    return [value].flat().flatMap((each) => [`--${name}`, each as string])
  })
}

interface Welcome {
  readonly data: DataDirectory
  readonly endpoint: string
  readonly startedAt: number
  readonly leads: boolean
  readonly dev: boolean
  readonly withNode: boolean
}

function welcome({ data, endpoint, startedAt, leads, dev, withNode }: Welcome): string {
  const hint = dataHint(data)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const first = `\n  Try          aws --endpoint-url ${endpoint} ecs create-cluster --cluster-name shop`
  return `Homeport ${VERSION} answers at ${endpoint}, after ${seconds} s${leads ? "" : " (standby: another process leads)"}.
  Data         ${data.path}
  Credentials  ${dev ? "any; an access key id of twelve digits names the account" : `eval "$(./homeport env${hint})"`}${withNode ? "" : first}
  Stop         ./homeport down${hint}`
}
