import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { HandOver } from "../command.ts"
import { EXIT } from "../exit.ts"

/** Benchmarks look at Homeport from outside. They run in a process of their own, and nothing in here knows more of them. */
export const bench: HandOver = {
  async handOver(args) {
    const place = pathToFileURL(join(import.meta.dirname, "../../../bench/run.ts"))
    const child = spawn(process.execPath, [...process.execArgv, "-", ...args], {
      stdio: ["pipe", "inherit", "inherit"],
    })
    // As its input, not as an option: options go on to the processes that the benchmarks start in turn.
    child.stdin.end(`import("${place}").then(async (it) => process.exit(await it.runBench(process.argv.slice(2))))`)
    const [code] = await once(child, "exit")
    return code ?? EXIT.failed
  },
}
