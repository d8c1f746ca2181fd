import type { ParseArgsOptionDescriptor } from "node:util"

/** One command of the command line. */
export interface Command<O extends CommandOptions = CommandOptions> {
  /** What stands behind its name and before its options, as in `create`. */
  readonly words?: string

  /** What `--help` says beside the options. */
  readonly about: string
  readonly options: O

  /** Does it and resolves with the exit code. */
  run(values: Values<O>, words: readonly string[]): Promise<number>
}

/** A command that reads its own words, such as those meant for a tool behind it. */
export interface HandOver {
  readonly handOver: (args: readonly string[]) => Promise<number>
}

export interface CommandOption extends ParseArgsOptionDescriptor {
  /** What the value stands for in `--help`. */
  readonly value?: string
  readonly help: string
}

export type CommandOptions = Readonly<Record<string, CommandOption>>

export type Values<O extends CommandOptions> = {
  readonly [K in keyof O]?: O[K]["type"] extends "boolean"
    ? boolean
    : O[K] extends { readonly multiple: true }
      ? readonly string[]
      : string
}

export function command<const O extends CommandOptions>(definition: Command<O>): Command<O> {
  return definition
}
