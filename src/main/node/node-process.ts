import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import type { Child, Ended } from "../keeper.ts"
import type { NodeReport } from "./node-report.ts"

export interface NodeProcess {
  readonly program: readonly [file: string, ...words: string[]]
  readonly args: () => readonly string[]

  /** Where the node's log goes: a file descriptor. */
  readonly logTo: number
  readonly heard: (report: NodeReport) => void
}

/**
 * Starts the node, as root where that is possible. It hears of its end by the end of its standard input and speaks by
 * lines on its standard output: a signal cannot cross from a user to root, and `sudo` hands on nothing but the first
 * three descriptors.
 */
export function nodeProcess({ program, args, logTo, heard }: NodeProcess) {
  return (answers: () => void): Child => {
    const before = asRoot()
    const [file, ...words] = [...before, ...program, ...args()]
    // The region's secret is nothing that a node needs, and containers are below the node.
    const { HOMEPORT_MASTER_KEY: _, ...env } = process.env
    const child = spawn(file!, words, { detached: true, stdio: ["pipe", "pipe", logTo], env })
    let reason = ""
    let pid = child.pid
    const lines = createInterface({ input: child.stdout! })
    lines.on("line", (line) => {
      const report = readReport(line)
      if (report?.kind === "started") pid = report.pid
      if (report?.kind === "ending") reason = report.reason
      if (report?.kind === "ready") answers()
      if (report !== undefined) heard(report)
    })
    const said = new Promise<void>((resolve) => lines.once("close", resolve))
    child.stdin!.on("error", () => {})
    const ended = new Promise<number | string>((resolve) => {
      child.once("exit", (code, signal) => resolve(code ?? signal!))
      child.once("error", (error) => resolve(error.message))
    })
    return {
      stop: () => child.stdin!.end(),
      kill() {
        if (before.length === 0) child.kill("SIGKILL")
        else if (pid !== undefined) spawnSync(before[0]!, [...before.slice(1), "kill", "-KILL", String(pid)])
      },
      ended: ended.then(async (code): Promise<Ended> => {
        await said
        return { code, reason }
      }),
    }
  }
}

/** Undefined for what is none: a library or `sudo` may print as well. */
function readReport(line: string): NodeReport | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What goes before a command that only root may run: nothing as root, nor where root cannot be had without a password. */
export function asRoot(): readonly string[] {
  const { platform, getuid } = process
  if (platform !== "linux" || getuid?.() === 0) return []
  sudoWorks ??= spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0
  if (!sudoWorks) return []
  // Which Docker is meant would be lost on the way.
  const { DOCKER_HOST } = process.env
  return ["sudo", "-n", "--", ...(DOCKER_HOST === undefined ? [] : ["env", `DOCKER_HOST=${DOCKER_HOST}`])]
}

let sudoWorks: boolean | undefined
