import { spawn } from "node:child_process"
import { once } from "node:events"
import { EXIT } from "./exit.ts"
import type { Report } from "./report.ts"

// This process does little and stays small: what it loads, every installation pays for twice.

export interface Supervision {
  /** The program that reads the command line, with the words before it. */
  readonly program: readonly [file: string, ...words: string[]]

  /** The command line of the region's process; after its first start the port that it found. */
  readonly args: (port: number | undefined) => readonly string[]

  /** Where the region's log goes: a file descriptor. */
  readonly logTo: number
  readonly say: (line: string) => void

  /** Called each time the region begins to answer. */
  readonly ready: (report: Report & { readonly kind: "ready" }) => void
}

/** Keeps a region running until it is told to stop, or refuses to run; resolves with the exit code. */
export async function supervise({ program: [file, ...words], args, logTo, say, ready }: Supervision): Promise<number> {
  let port: number | undefined
  let failures = 0
  let stopping = false
  let region: ReturnType<typeof spawn> | undefined
  let wake = () => {}
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (!stopping) say("Stopping.")
      stopping = true
      // The region does not get the terminal's Control-C itself: it is in a process group of its own.
      region?.kill("SIGTERM")
      setTimeout(() => region?.kill("SIGKILL"), STOP_MS_MAX).unref()
      wake()
    })
  }

  for (;;) {
    let reason = ""
    let readyAt: number | undefined
    const child = spawn(file, [...words, ...args(port)], {
      detached: true,
      stdio: ["ignore", logTo, logTo, "ipc"],
    })
    region = child
    child.on("message", (report: Report) => {
      if (report.kind === "ending") {
        reason = report.reason
        return
      }
      readyAt = performance.now()
      port = report.port
      ready(report)
    })
    const code = await new Promise<number | string>((resolve) => {
      child.once("exit", (exitCode, signal) => resolve(exitCode ?? signal!))
      child.once("error", (error) => resolve(error.message))
    })
    // What it said last may come after the news of its end.
    if (child.connected) await once(child, "disconnect")
    region = undefined
    if (code === EXIT.ok) return code
    // It may have been told before it could listen to signals, or hung; it has ended, as was asked.
    if (stopping) return typeof code === "number" ? code : EXIT.ok
    const why = reason !== "" ? reason : typeof code === "number" ? `exit code ${code}` : code
    if (code === EXIT.refused || code === EXIT.usage) {
      say(why)
      return code
    }

    if (readyAt !== undefined && performance.now() - readyAt > STEADY_MS) failures = 0
    const pause = Math.min(PAUSE_MS * 2 ** failures, PAUSE_MS_MAX)
    failures += 1
    say(`The region ended (${why}); starting it again in ${pause / 1000} s.`)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    if (stopping) return EXIT.ok
  }
}

const PAUSE_MS = 250
const PAUSE_MS_MAX = 30_000

/** More than the region takes to end by itself. */
const STOP_MS_MAX = 25_000

/** Who has run this long is not failing at its start. */
const STEADY_MS = 60_000
