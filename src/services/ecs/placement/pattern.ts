import { foldedCase, parsePattern, type Syntax } from "./pattern-syntax.ts"

/**
 * A regular expression of the cluster query language: those of Java, which must match a whole value. JavaScript's own
 * engine goes back and tries again, so a caller could hand in an expression that takes it years. This one goes through a
 * value once with every state it might be in, at most `STATES_MAX` a character. What cannot be matched like that
 * (look-around, back-references, possessive quantifiers) is refused, as is what this page does not know: nothing is
 * taken to mean something else.
 */
export type Pattern =
  | { readonly ok: true; readonly matches: (value: string) => boolean }
  | { readonly ok: false; readonly problem: string }

/** `[class]{1,50}` needs one for each of its fifty; an instance type's name needs ten or so. */
const STATES_MAX = 500

export function compilePattern(source: string): Pattern {
  const parsed = parsePattern(source)
  if (!parsed.ok) return parsed
  const program: Step[] = []
  const fits = emit(parsed.syntax, program)
  if (!fits) return { ok: false, problem: "it repeats too much" }
  program.push({ kind: "match" })
  const { ignoresCase } = parsed
  return { ok: true, matches: (value) => run(program, ignoresCase ? foldedCase(value) : value) }
}

/** One state of the matcher. `next` is the state behind it unless it says otherwise. */
type Step =
  | { readonly kind: "unit"; readonly holds: (unit: number) => boolean }
  | { readonly kind: "start" | "end" | "match" }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "fork"; readonly one: number; other: number }

/** False when the program grows too long. */
function emit(syntax: Syntax, program: Step[]): boolean {
  if (program.length >= STATES_MAX) return false
  switch (syntax.kind) {
    case "unit":
      program.push(syntax)
      return true
    case "start":
    case "end":
      program.push({ kind: syntax.kind })
      return true
    case "sequence":
      return syntax.parts.every((part) => emit(part, program))
    case "choice":
      return emitChoice(syntax.options, program)
    case "repeat":
      return emitRepeat(syntax, program)
  }
}

function emitChoice(options: readonly Syntax[], program: Step[]): boolean {
  const ends: { to: number }[] = []
  for (const [index, option] of options.entries()) {
    const isLast = index === options.length - 1
    const fork = { kind: "fork" as const, one: program.length + 1, other: 0 }
    if (!isLast) program.push(fork)
    if (!emit(option, program)) return false
    if (isLast) break
    const end = { kind: "jump" as const, to: 0 }
    program.push(end)
    ends.push(end)
    fork.other = program.length
  }
  for (const end of ends) end.to = program.length
  return true
}

function emitRepeat({ part, min, max }: Syntax & { kind: "repeat" }, program: Step[]): boolean {
  for (let count = 0; count < min; count++) {
    const before = program.length
    if (!emit(part, program)) return false
    // What takes no state can be repeated for ever, and would be.
    if (program.length === before) return true
  }
  if (max === undefined) {
    const fork = { kind: "fork" as const, one: program.length + 1, other: 0 }
    const again = program.length
    program.push(fork)
    if (!emit(part, program)) return false
    program.push({ kind: "jump", to: again })
    fork.other = program.length
    return true
  }
  const forks: { other: number }[] = []
  for (let count = min; count < max; count++) {
    const fork = { kind: "fork" as const, one: program.length + 1, other: 0 }
    program.push(fork)
    forks.push(fork)
    if (!emit(part, program)) return false
  }
  for (const fork of forks) fork.other = program.length
  return true
}

function run(program: readonly Step[], value: string): boolean {
  /** For each state the position at which it was last entered, so that it is entered once a position. */
  const entered = new Int32Array(program.length).fill(-1)
  let states: number[] = []
  let next: number[] = []

  const enter = (first: number, at: number, into: number[]) => {
    const waiting = [first]
    while (waiting.length > 0) {
      const state = waiting.pop()!
      if (entered[state] === at) continue
      entered[state] = at
      const step = program[state]!
      if (step.kind === "jump") waiting.push(step.to)
      else if (step.kind === "fork") waiting.push(step.other, step.one)
      else if (step.kind === "start") at === 0 && waiting.push(state + 1)
      else if (step.kind === "end") at === value.length && waiting.push(state + 1)
      else into.push(state)
    }
  }

  enter(0, 0, states)
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at)
    next.length = 0
    for (const state of states) {
      const step = program[state]!
      if (step.kind === "unit" && step.holds(unit)) enter(state + 1, at + 1, next)
    }
    if (next.length === 0) return false
    ;[states, next] = [next, states]
  }
  return states.some((state) => program[state]!.kind === "match")
}
