import { type Holds, isWord } from "../../../base/character-kind.ts"
import { BadPattern, type Node, parsePattern } from "./parse.ts"

/**
 * Whether a text has a place where the expression fits. All ways through the expression are followed at once, so that
 * none can make a text take long: a caller writes both.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const steps: Step[] = []
  addSteps(steps, parsePattern(source))
  steps.push({ kind: "match" })
  return (text) => matches(steps, text)
}

/** One place in an expression; the next one follows it in the list. */
type Step =
  | { readonly kind: "unit"; readonly holds: Holds }
  | { readonly kind: "start" | "end" | "boundary" | "inside" | "match" }

  /** Goes on here and at another place, or at the other one only. */
  | { readonly kind: "fork" | "jump"; to: number }

function addSteps(steps: Step[], node: Node): void {
  if (steps.length > STEPS_MAX) throw new BadPattern("it repeats too much")
  switch (node.kind) {
    case "sequence":
      for (const part of node.parts) addSteps(steps, part)
      return
    case "choice":
      addChoice(steps, node.options)
      return
    case "repeat":
      addRepeat(steps, node)
      return
    default:
      steps.push(node)
  }
}

function addChoice(steps: Step[], options: readonly Node[]): void {
  const jumps: { to: number }[] = []
  for (const [index, option] of options.entries()) {
    if (index === options.length - 1) {
      addSteps(steps, option)
      break
    }
    const fork = { kind: "fork" as const, to: 0 }
    steps.push(fork)
    addSteps(steps, option)
    const jump = { kind: "jump" as const, to: 0 }
    jumps.push(jump)
    steps.push(jump)
    fork.to = steps.length
  }
  for (const jump of jumps) jump.to = steps.length
}

function addRepeat(steps: Step[], { part, min, max }: Extract<Node, { kind: "repeat" }>): void {
  for (let count = 0; count < min; count++) {
    const before = steps.length
    addSteps(steps, part)
    // Nothing, however often, is nothing.
    if (steps.length === before) return
  }
  const forks: { to: number }[] = []
  const addFork = () => {
    const fork = { kind: "fork" as const, to: 0 }
    forks.push(fork)
    steps.push(fork)
  }
  if (max === Number.POSITIVE_INFINITY) {
    const from = steps.length
    addFork()
    addSteps(steps, part)
    steps.push({ kind: "jump", to: from })
  } else {
    for (let count = min; count < max; count++) {
      addFork()
      addSteps(steps, part)
    }
  }
  for (const fork of forks) fork.to = steps.length
}

function matches(steps: readonly Step[], text: string): boolean {
  const seen = new Int32Array(steps.length).fill(-1)
  let places: number[] = []
  let next: number[] = []
  let work = 0

  /** Goes on from a place as far as no character is needed; says whether that is the end. */
  const enter = (into: number[], from: number, at: number): boolean => {
    const waiting = [from]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (seen[place] === at) continue
      seen[place] = at
      if (++work > WORK_MAX) throw new BadPattern("it takes too long with a value such as this")
      const step = steps[place]!
      if (step.kind === "match") return true
      if (step.kind === "unit") into.push(place)
      else if (step.kind === "jump") waiting.push(step.to)
      else if (step.kind === "fork") waiting.push(step.to, place + 1)
      else if (stands(step.kind, text, at)) waiting.push(place + 1)
    }
    return false
  }

  for (let at = 0; ; at++) {
    if (enter(places, 0, at)) return true
    if (at === text.length) return false
    const unit = text.charCodeAt(at)
    for (const place of places) {
      const step = steps[place] as Extract<Step, { kind: "unit" }>
      if (step.holds(unit) && enter(next, place + 1, at + 1)) return true
    }
    places.length = 0
    ;[places, next] = [next, places]
  }
}

function stands(kind: "start" | "end" | "boundary" | "inside", text: string, at: number): boolean {
  if (kind === "start") return at === 0
  if (kind === "end") return at === text.length
  const isBoundary = isWordAt(text, at - 1) !== isWordAt(text, at)
  return isBoundary === (kind === "boundary")
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isWord(text.charCodeAt(at))
}

/** Each costs time with each character of a value, and nobody writes as many. */
const STEPS_MAX = 2000

/** Some milliseconds, in which nobody else is answered. */
const WORK_MAX = 500_000
