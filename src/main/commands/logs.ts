import { existsSync } from "node:fs"
import { command } from "../command.ts"
import { EXIT, Refusal } from "../exit.ts"
import { readable } from "../log-line.ts"
import { LogReader } from "../log-reader.ts"
import { dataOf, dataOption } from "./options.ts"

export const logs = command({
  about: `Shows what "up" has logged. A "server" logs to its own standard error.`,
  options: {
    ...dataOption,
    follow: { type: "boolean", short: "f", help: "go on with what comes, until interrupted" },
    json: { type: "boolean", help: "lines as they were written" },
  },
  async run(values) {
    const { log } = dataOf(values)
    if (!existsSync(log)) throw new Refusal(`There is no log at ${log}.`, EXIT.failed)
    // Who reads only the beginning, as head does, has seen enough.
    process.stdout.on("error", () => process.exit(EXIT.ok))
    const shown = values.json === true ? (line: string) => line : readable
    const reader = new LogReader(log)
    for (;;) {
      for await (const line of reader.lines()) await print(shown(line))
      if (values.follow !== true) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    if (reader.rest !== undefined) await print(shown(reader.rest))
    return EXIT.ok
  },
})

const LOOK_MS = 200

async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve))
}
