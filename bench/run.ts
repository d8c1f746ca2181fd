import { writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import { parseArgs } from "node:util"
import type { Bench } from "./bench.ts"
import { type Figure, tableOf } from "./figure.ts"
import { benchDisk, isInMemory } from "./folder.ts"

/** In the order they run. Each is loaded when its turn has come. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  store: async () => (await import("./store.ts")).storeBench,
  postgres: async () => (await import("./postgres.ts")).postgresBench,
  million: async () => (await import("./million.ts")).millionBench,
  placement: async () => (await import("./placement.ts")).placementBench,
  policy: async () => (await import("./policy.ts")).policyBench,
  "front-door": async () => (await import("./front-door.ts")).frontDoorBench,
  "cold-start": async () => (await import("./cold-start.ts")).coldStartBench,
  launch: async () => (await import("./launch.ts")).launchBench,
  logs: async () => (await import("./logs.ts")).logsBench,
  registry: async () => (await import("./registry.ts")).registryBench,
  network: async () => (await import("./network.ts")).networkBench,
}

const USAGE = `homeport bench [NAME]… [--json FILE] [--seconds N]
  names: ${Object.keys(BENCHES).join(", ")}
  --json FILE  also write all figures to FILE
  --seconds N  how long each side is loaded in each of its turns (default 0.3)`

/** `homeport bench`: measures Homeport beside what one would use instead, and prints one table of figures. */
async function runBench(args: readonly string[]): Promise<number> {
  const asked = readArguments(args)
  if (asked === USAGE) {
    console.log(USAGE)
    return 0
  }
  if (typeof asked === "string") {
    console.error(asked)
    return 2
  }

  console.log(machine())
  if (isInMemory()) {
    console.log(`${benchDisk()} is in memory: durable figures mean nothing. Set TMPDIR to a folder on a disk.`)
  }
  const figures: Figure[] = []
  const remarks: string[] = []
  const [load = 0] = loadavg()
  if (load > LOAD_MAX) {
    remarks.push(`The machine had other work (load average ${load.toFixed(1)}): trust no figure, and ratios with care.`)
  }
  for (const name of asked.names) {
    const startedAt = performance.now()
    const bench = await BENCHES[name]!()
    figures.push(...(await bench({ seconds: asked.seconds, say: (sentence) => remarks.push(sentence) })))
    console.error(`${name}: done in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  }
  console.log(`\n${tableOf(figures)}\n`)
  for (const remark of remarks) console.log(remark)
  if (asked.json !== undefined) {
    const result = { machine: machine(), at: new Date().toISOString(), seconds: asked.seconds, figures, remarks }
    writeFileSync(asked.json, `${JSON.stringify(result, null, 2)}\n`)
  }
  return 0
}

/** A machine that is left alone stays below, also just after a start. */
const LOAD_MAX = 0.7

interface Asked {
  readonly names: readonly string[]
  readonly seconds: number
  readonly json: string | undefined
}

/** A sentence when the arguments make no sense. */
function readArguments(args: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "string" }, seconds: { type: "string" }, help: { type: "boolean", short: "h" } },
    })
    if (values.help === true) return USAGE
    const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name))
    if (unknown !== undefined) return `There is no benchmark "${unknown}".\n${USAGE}`
    const seconds = Number(values.seconds ?? 0.3)
    if (!(seconds > 0 && seconds <= 60)) return `--seconds takes a number up to 60, not "${values.seconds}".\n${USAGE}`
    const names = positionals.length > 0 ? positionals : Object.keys(BENCHES)
    return { names, seconds, json: values.json }
  } catch (error) {
    return `${(error as Error).message}\n${USAGE}`
  }
}

function machine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memory}, ${process.platform} ${process.arch}, Node ${process.version}`
}

if (import.meta.main) process.exit(await runBench(process.argv.slice(2)))
