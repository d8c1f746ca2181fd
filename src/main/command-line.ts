import { parseArgs } from "node:util"
import type { Command, CommandOptions, HandOver } from "./command.ts"
import { EXIT, Refusal } from "./exit.ts"

export interface Entry {
  readonly name: string

  /** One line of `homeport --help`, which loads none of the commands. */
  readonly summary: string
  readonly load: () => Promise<Command | HandOver>
}

/** Finds the command that is asked for, reads its options and runs it; resolves with the exit code. */
export async function runCommandLine(
  entries: readonly Entry[],
  args: readonly string[],
  version: () => Promise<string>,
): Promise<number> {
  const [name = "--help", ...rest] = args
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) return show(overview(entries))
  if (name === "--version" || name === "-v") return show(`homeport ${await version()}`)
  const asked = name === "help" ? rest[0]! : name
  const entry = entries.find((candidate) => candidate.name === asked)
  if (entry === undefined) {
    const hint = closest(
      asked,
      entries.map((candidate) => candidate.name),
    )
    return complain(
      `homeport has no command "${asked}"${hint === undefined ? "." : `; did you mean "${hint}"?`} See homeport --help.`,
    )
  }

  const loaded = await entry.load()
  if ("handOver" in loaded) return loaded.handOver(name === "help" ? ["--help"] : rest)
  if (name === "help") return show(details(entry, loaded))
  const parsed = parse(loaded.options, rest)
  if (typeof parsed === "string")
    return complain(`homeport ${entry.name}: ${parsed} See homeport ${entry.name} --help.`)
  if (parsed.values.help === true) return show(details(entry, loaded))
  try {
    return await loaded.run(parsed.values as never, parsed.positionals)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.error(error.message)
    return error.exitCode
  }
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | string[] | undefined>>
  readonly positionals: string[]
}

/** What is wrong with the words, in a sentence, when they make no sense. */
function parse(options: CommandOptions, args: readonly string[]): Parsed | string {
  try {
    const known = { ...options, help: { type: "boolean", short: "h" } } as const
    return parseArgs({ args: [...args], options: known, allowPositionals: true, strict: true }) as Parsed
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const option = /'(-[^' =]+)/.exec(message)?.[1] ?? ""
      const hint = closest(option.replace(/^-+/, ""), Object.keys(options))
      return `there is no option ${option}${hint === undefined ? "." : `; did you mean --${hint}?`}`
    }
    if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
      const option = /--([\w-]+)/.exec(message)?.[1] ?? ""
      return `--${option} ${options[option]?.type === "string" ? "needs a value" : "takes no value"}.`
    }
    throw error
  }
}

function overview(entries: readonly Entry[]): string {
  const lines = entries.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`)
  return `Homeport: Amazon ECS on machines you own.

Usage: homeport COMMAND [OPTIONS]

${lines.join("\n")}

homeport COMMAND --help tells more about a command; homeport --version tells which this is.`
}

function details({ name, summary }: Entry, { words, about, options }: Command): string {
  const all: CommandOptions = { ...options, help: { type: "boolean", help: "this text" } }
  const rows = Object.entries(all).map(([option, { value, help }]) => {
    return [`  --${option}${value === undefined ? "" : ` ${value}`}`, help] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return `homeport ${name}${words === undefined ? "" : ` ${words}`} [OPTIONS]: ${summary}

${about}

${rows.map(([left, help]) => `${left.padEnd(width)}${help}`).join("\n")}`
}

/** The known word that somebody who typed this may have meant. */
function closest(typed: string, known: readonly string[]): string | undefined {
  const near = known.map((word) => [distance(typed, word), word] as const).sort(([a], [b]) => a - b)[0]
  return near !== undefined && near[0] <= Math.ceil(near[1].length / 3) ? near[1] : undefined
}

/** How many letters must be added, removed or changed to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (letter === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

function show(text: string): number {
  console.log(text)
  return EXIT.ok
}

function complain(text: string): number {
  console.error(text)
  return EXIT.usage
}
