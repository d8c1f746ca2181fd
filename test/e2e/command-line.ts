import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { ROOT } from "../source.ts"
import { testFolder } from "./folder.ts"
import { until } from "./until.ts"

// The command line as a user has it: real processes, a data directory of each test's own, ports that were free.

const PROGRAM = ["--disable-warning=ExperimentalWarning", join(ROOT, "src/main/cli.ts")]
const NODE_COMPILE_CACHE = join(ROOT, ".cache/compiled")

export interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export function start(...args: readonly string[]): ChildProcess {
  return startThrough([], ...args)
}

/** The same behind the beginning of another command, as `nsenter` is one. */
export function startThrough(before: readonly string[], ...args: readonly string[]): ChildProcess {
  const [program, ...words] = [...before, process.execPath, ...PROGRAM, ...args]
  const { PATH, HOME, DOCKER_HOST } = process.env
  const env = { PATH, HOME, DOCKER_HOST, NODE_COMPILE_CACHE }
  return spawn(program!, words, { env, stdio: ["ignore", "pipe", "pipe"] })
}

export function result(child: ChildProcess): Promise<Result> {
  let out = ""
  let err = ""
  child.stdout!.setEncoding("utf8").on("data", (text) => {
    out += text
  })
  child.stderr!.setEncoding("utf8").on("data", (text) => {
    err += text
  })
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })))
}

export function homeport(...args: readonly string[]): Promise<Result> {
  return result(start(...args))
}

/** A data directory whose processes end with the test. */
export function installation() {
  const data = testFolder()
  onTestFinished(async () => {
    const { supervisor, region } = record()
    for (const each of [supervisor, region]) if (each !== undefined) killed(each.pid)
    await until(() => [supervisor, region].every((each) => each === undefined || !lives(each.pid)))
  })
  const record = (): { supervisor?: { pid: number }; region?: { pid: number }; port?: number } =>
    existsSync(join(data, "run.json")) ? JSON.parse(readFileSync(join(data, "run.json"), "utf8")) : {}
  return {
    data,
    record,
    run: (command: string, ...args: readonly string[]) => homeport(command, ...args, "--data", data),
    start: (command: string, ...args: readonly string[]) => start(command, ...args, "--data", data),
    async up(...args: readonly string[]): Promise<string> {
      const { code, out, err } = await homeport("up", "--no-node", "--detach", "--port", "0", "--data", data, ...args)
      expect({ code, err }).toEqual({ code: EXIT.ok, err: "" })
      return /answers at (\S+), after/.exec(out)![1]!
    },
  }
}

export function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {}
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

export async function answers(endpoint: string): Promise<boolean> {
  return (await fetch(`${endpoint}/readyz`).catch(() => undefined))?.status === 200
}

/** A client such as somebody has who ran `eval "$(homeport env)"`. */
export function clientOf<Client extends { destroy(): void }>(
  make: new (config: object) => Client,
  env: Record<string, string>,
): Client {
  const client = new make({
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  return client
}

export function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name!, value!]),
  )
}
