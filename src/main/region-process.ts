import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Child, Ended } from "./keeper.ts"
import type { Report } from "./report.ts"

export interface RegionProcess {
  /** The program that reads the command line, with the words before it. */
  readonly program: readonly [file: string, ...words: string[]]

  /** The command line of the region's process; after its first start the port that it found. */
  readonly args: (port: number | undefined) => readonly string[]

  /** Where the region's log goes: a file descriptor. */
  readonly logTo: number

  /** Called each time the region begins to answer. */
  readonly ready: (report: Report & { readonly kind: "ready" }) => void
}

/** Starts a region's process again and again, on the port that the first one found. */
export function regionProcess({ program: [file, ...words], args, logTo, ready }: RegionProcess) {
  let port: number | undefined
  return (answers: () => void): Child => {
    const child = spawn(file, [...words, ...args(port)], { detached: true, stdio: ["ignore", logTo, logTo, "ipc"] })
    let reason = ""
    child.on("message", (report: Report) => {
      if (report.kind === "ending") {
        reason = report.reason
        return
      }
      port = report.port
      ready(report)
      answers()
    })
    const ended = new Promise<number | string>((resolve) => {
      child.once("exit", (code, signal) => resolve(code ?? signal!))
      child.once("error", (error) => resolve(error.message))
    })
    return {
      stop: () => child.kill("SIGTERM"),
      kill: () => child.kill("SIGKILL"),
      ended: ended.then(async (code): Promise<Ended> => {
        // What it said last may come after the news of its end.
        if (child.connected) await once(child, "disconnect")
        return { code, reason }
      }),
    }
  }
}
