import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { rootCredentials } from "../../src/main/control.ts"
import { dataDirectory } from "../../src/main/data.ts"
import { ROOT } from "../source.ts"

/** A region process as `homeport server` starts it, on a port that was free. */
export interface ServerProcess {
  /** Where it answers, once it does; rejects with its log when it ends before. */
  readonly ready: Promise<string>
  readonly ended: Promise<Ended>

  /** What it has logged so far. */
  log(): string
  signal(signal: NodeJS.Signals): void

  /** The key of the first account's root, from the process itself. */
  credentials(): Promise<Credentials>

  /** Ends it at once, whatever it does; resolves when it is gone. */
  kill(): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Credentials {
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export function startServer(data: string, ...args: readonly string[]): ServerProcess {
  const words = [join(ROOT, "src/main/cli.ts"), "server", "--data", data, "--port", "0", ...args]
  const child = spawnDependent(process.execPath, ["--disable-warning=ExperimentalWarning", ...words])
  let log = ""
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    log += text
  })

  const ended = new Promise<Ended>((resolve) => {
    // Not "exit": by now all that it had to say has been read.
    child.once("close", (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<string>((resolve, reject) => {
    child.on("message", (report: { kind: string; endpoint: string }) => {
      if (report.kind === "ready") resolve(report.endpoint)
    })
    child.once("error", reject)
    void ended.then(({ code, signal }) => reject(new Error(`homeport server ended (${code ?? signal}):\n${log}`)))
  })
  // Who kills it while it starts does not wait for it.
  ready.catch(() => {})

  return {
    ready,
    ended,
    log: () => log,
    signal: (signal) => void child.kill(signal),
    credentials: () => rootCredentials(dataDirectory(data)),
    kill() {
      child.kill("SIGKILL")
      return ended
    },
  }
}

/** The same for one test, with which it ends. */
export function startInTest(data: string, ...args: readonly string[]): ServerProcess {
  const server = startServer(data, ...args)
  onTestFinished(async () => void (await server.kill()))
  return server
}

/** A process that must not outlive its tests, even when they are killed and even when it is stopped at that moment. */
function spawnDependent(file: string, args: readonly string[]): ChildProcess {
  const [program, words] =
    process.platform === "linux" ? ["setpriv", ["--pdeathsig=KILL", file, ...args]] : [file, args]
  const { PATH, HOME, TMPDIR } = process.env
  return spawn(program, words, {
    // The last one lets the second and later starts be as quick as those through the start script.
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE: join(ROOT, ".cache/compiled") },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  })
}
