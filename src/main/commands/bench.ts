import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { HandOver } from "../command.ts"
import { EXIT } from "../exit.ts"

/** Benchmarks look at Homeport from outside. They run in a process of their own, and nothing in here knows more of them. */
export const bench: HandOver = {
  async handOver(args) {
    const program = join(import.meta.dirname, "../../../bench/run.ts")
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], { stdio: "inherit" })
    const [code] = await once(child, "exit")
    return code ?? EXIT.failed
  },
}
