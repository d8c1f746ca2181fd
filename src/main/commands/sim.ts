import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { HandOver } from "../command.ts"
import { EXIT } from "../exit.ts"

/** The simulator puts Homeport together in its own way, in a process of its own; nothing in here knows more of it. */
export const sim: HandOver = {
  async handOver(args) {
    const place = pathToFileURL(join(import.meta.dirname, "../../../sim/command/run.ts"))
    const child = spawn(process.execPath, [...process.execArgv, "-", ...args], {
      stdio: ["pipe", "inherit", "inherit"],
    })
    child.stdin.end(`import("${place}").then(async (it) => process.exit(await it.runSimulator(process.argv.slice(2))))`)
    const [code] = await once(child, "exit")
    return code ?? EXIT.failed
  },
}
