import { join } from "node:path"
import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import type { LogTask } from "./logs-contender.ts"
import { startLines } from "./logs-line.ts"
import type { LogLoad, LogRates } from "./logs-record.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"

/**
 * Durable log events through our store, which compresses and finds them, beside lines of JSON in a file; and the whole
 * way of a line, from the container that writes it to who asks the region for it.
 */
export const logsBench: Bench = async ({ seconds, say }) => {
  using folder = makeFolder()
  await using ours = await startContender<LogTask, LogRates | number>("./logs-contender.ts", {
    directory: join(folder.path, "events"),
  })
  await using lines = await startContender<LogLoad, LogRates>("./json-lines-contender.ts", {
    file: join(folder.path, "lines"),
  })
  const load = { callers: 16, seconds }
  const { homeport, json, visible } = await inTurns("log events", {
    homeport: () => ours.run(load) as Promise<LogRates>,
    json: () => lines.run(load),
    visible: () => ours.run("visible") as Promise<number>,
  })
  const lineFigures = await wholeWay(say)
  const rates = (measured: readonly LogRates[]) => measured.map(({ rate }) => rate)
  const perCore = (measured: readonly LogRates[]) => measured.map(({ ratePerCore }) => ratePerCore)
  return [
    {
      name: "log events, 16 callers",
      unit: "/s",
      ours: spreadOf(rates(homeport)),
      theirs: { name: "JSON lines with fsync", spread: spreadOf(rates(json)) },
      ratio: ratioOf(rates(homeport), rates(json)),
    },
    {
      name: "log events, each second of a core",
      unit: "/s",
      ours: spreadOf(perCore(homeport)),
      theirs: { name: "JSON lines with fsync", spread: spreadOf(perCore(json)) },
      ratio: ratioOf(perCore(homeport), perCore(json)),
      target: { of: "ours", atLeast: 300_000 },
    },
    {
      name: "log event, from append to read",
      unit: "ms",
      ours: spreadOf(visible),
      target: { of: "ours", atMost: 20 },
    },
    ...lineFigures,
  ]
}

async function wholeWay(say: (sentence: string) => void): Promise<Figure[]> {
  if (process.platform !== "linux" || process.geteuid?.() !== 0) {
    say("No container's line was measured: that needs Linux and root, for containers of Homeport's own.")
    return []
  }
  await using lines = await startLines()
  const { line } = await inTurns("lines of a container", { line: () => lines.line() })
  return [
    {
      name: "a container's line, from write to GetLogEvents",
      unit: "ms",
      ours: spreadOf(line),
      target: { of: "ours", atMost: 100 },
    },
  ]
}
