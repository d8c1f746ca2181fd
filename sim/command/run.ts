import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { FAULTS } from "../fault/all.ts"
import { shrink } from "../shrink.ts"
import { type SimulationOptions, simulate } from "../simulation.ts"

const USAGE = `homeport sim [--seeds N] [--seed S] [--nodes N] [--until SECONDS] [--faults NAMES] [--transcript]
homeport sim --mutants [NAME]… [--seeds N]
homeport sim --scale [--tasks N] [--instances N]
  --seeds N        how many seeds to run (default 100)
  --seed S         the first of them (default 1)
  --nodes N        machines in the cluster (default 3)
  --until SECONDS  how long users work and faults strike, in simulated time (default 240)
  --faults NAMES   only these, with commas between: ${FAULTS.map(({ name }) => name).join(", ")}
  --transcript     print everything that happened, whether or not anything broke
  --mutants        plant each bug of sim/mutants, and say within how many seeds it is found
  --scale          place a million tasks on ten thousand instances, and see them RUNNING`

/** `homeport sim`: runs seeds until one breaks an invariant, and then shows how. */
export async function runSimulator(args: readonly string[]): Promise<number> {
  const asked = readArguments(args)
  if (typeof asked === "string") {
    console.error(asked)
    return 2
  }
  if (asked.kind === "mutants") return (await import("./mutants.ts")).runMutants(asked)
  if (asked.kind === "scale") return (await import("./scale.ts")).runScale(asked)

  const startedAt = performance.now()
  let transactions = 0
  for (let at = 0; at < asked.seeds; at++) {
    const options = { ...asked.options, seed: asked.seed + at }
    const result = await simulate(options)
    transactions += result.transactions
    if (asked.showsAll) console.log(result.transcript.lines.join("\n"))
    if (result.breach !== undefined) {
      clearProgress()
      return asked.stopsShort ? tellShortly(options, result.breach.invariant, at + 1) : await tell(options, result)
    }
    progress(`seed ${options.seed}: ${at + 1} of ${asked.seeds}, ${transactions} transactions`)
  }
  clearProgress()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(
    `${asked.seeds} seeds from ${asked.seed} on: nothing broke in ${transactions} transactions, in ${seconds} s`,
  )
  return 0
}

function tellShortly({ seed }: SimulationOptions, invariant: string, tried: number): number {
  console.log(JSON.stringify({ seed, invariant, tried }))
  return 1
}

async function tell(options: SimulationOptions, result: Awaited<ReturnType<typeof simulate>>): Promise<number> {
  const { invariant, what } = result.breach!
  console.log(`seed ${options.seed} breaks: ${invariant}\n  ${what}\n`)
  progress("looking for a shorter day on which it breaks")
  const shrunk = await shrink(options, result)
  clearProgress()
  const file = join(tmpdir(), `homeport-sim-${options.seed}.txt`)
  writeFileSync(file, `${shrunk.result.transcript.lines.join("\n")}\n`)
  console.log(shrunk.result.transcript.tail(LINES_SHOWN))
  const { seed, nodes, until, faults } = shrunk.options
  const command = [
    `homeport sim --seeds 1 --seed ${seed}`,
    ...(nodes === undefined ? [] : [`--nodes ${nodes}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
    ...(faults === undefined ? [] : [`--faults "${faults.join(",")}"`]),
  ]
  console.log(
    `\nAll ${shrunk.result.transcript.lines.length} lines are in ${file}. Again with:\n  ${command.join(" ")}`,
  )
  return 1
}

const LINES_SHOWN = 60

export type Asked =
  | {
      readonly kind: "seeds"
      readonly seeds: number
      readonly seed: number
      readonly options: Omit<SimulationOptions, "seed">
      readonly showsAll: boolean
      readonly stopsShort: boolean
    }
  | MutantsAsked
  | ScaleAsked

export interface MutantsAsked {
  readonly kind: "mutants"
  readonly names: readonly string[]
  readonly seeds: number
}

export interface ScaleAsked {
  readonly kind: "scale"
  readonly tasks: number
  readonly instances: number
}

/** A sentence when the arguments make no sense. */
function readArguments(args: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: "string" },
        seed: { type: "string" },
        nodes: { type: "string" },
        until: { type: "string" },
        faults: { type: "string" },
        transcript: { type: "boolean" },
        short: { type: "boolean" },
        mutants: { type: "boolean" },
        scale: { type: "boolean" },
        tasks: { type: "string" },
        instances: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    })
    if (values.help === true) return USAGE
    const number = (name: "seeds" | "seed" | "nodes" | "until" | "tasks" | "instances", usual: number) => {
      const text = values[name]
      if (text === undefined) return usual
      if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}".`)
      return Number(text)
    }
    if (values.mutants === true) return { kind: "mutants", names: positionals, seeds: number("seeds", 200) }
    if (values.scale === true) {
      return { kind: "scale", tasks: number("tasks", 1_000_000), instances: number("instances", 10_000) }
    }
    if (positionals.length > 0) return `There is nothing called "${positionals[0]}" here.\n${USAGE}`
    const faults = values.faults?.split(",").filter((name) => name !== "")
    const unknown = faults?.find((name) => !FAULTS.some((fault) => fault.name === name))
    if (unknown !== undefined) return `There is no fault "${unknown}".\n${USAGE}`
    return {
      kind: "seeds",
      seeds: number("seeds", 100),
      seed: number("seed", 1),
      options: { nodes: number("nodes", 3), until: number("until", 240), ...(faults !== undefined && { faults }) },
      showsAll: values.transcript === true,
      stopsShort: values.short === true,
    }
  } catch (error) {
    return `${(error as Error).message}\n${USAGE}`
  }
}

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
}
