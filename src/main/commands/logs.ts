import { createReadStream, existsSync, statSync } from "node:fs"
import { createInterface } from "node:readline"
import { command } from "../command.ts"
import { EXIT, Refusal } from "../exit.ts"
import { readable } from "../log-line.ts"
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
    const print = values.json === true ? (line: string) => line : readable
    let position = 0
    for (;;) {
      position += await show(log, position, print)
      if (values.follow !== true) return EXIT.ok
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      // Starts over when it was cut.
      if (statSync(log).size < position) position = 0
    }
  },
})

const LOOK_MS = 200

/** Prints the whole lines from a position on; resolves with how many bytes they were. */
async function show(path: string, start: number, print: (line: string) => string): Promise<number> {
  const end = statSync(path).size - 1
  if (end < start) return 0
  const file = createReadStream(path, { start, end })
  for await (const line of createInterface({ input: file })) {
    if (!process.stdout.write(`${print(line)}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve))
  }
  return end + 1 - start
}
