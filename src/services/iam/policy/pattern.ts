import type { Context } from "./context.ts"
import { type Glob, type GlobTest, globTest, MANY, ONE, textOf } from "./glob.ts"
import { type Filled, partFilled, partsOf } from "./text.ts"

/** Whether a value of a request is what a policy says. */
export type Test = (value: string, context: Context) => boolean

/** The pattern for one request; undefined where a variable in it has no value, and nothing is like it. */
export type FilledGlob = Glob | ((context: Context) => Glob | undefined)

export function globOf(pattern: string, hasVariables: boolean): FilledGlob {
  const parts = partsOf(pattern, hasVariables).map((part) =>
    part.kind === "text" ? codesOf(part.text, true) : literal(partFilled(part)),
  )
  if (parts.every((part) => typeof part !== "function")) return parts.flat()
  return (context) => {
    const glob: number[] = []
    for (const part of parts) {
      const codes = typeof part === "function" ? part(context) : part
      if (codes === undefined) return undefined
      for (const code of codes) glob.push(code)
    }
    return glob
  }
}

function literal(filled: Filled): FilledGlob {
  if (typeof filled === "string") return codesOf(filled, false)
  return (context) => {
    const text = filled(context)
    return text === undefined ? undefined : codesOf(text, false)
  }
}

function codesOf(text: string, hasWildcards: boolean): number[] {
  return Array.from({ length: text.length }, (_, at) => {
    const character = text[at]
    if (hasWildcards && character === "*") return MANY
    return hasWildcards && character === "?" ? ONE : text.charCodeAt(at)
  })
}

/** `*` stands for anything, also for colons and slashes, and `?` for any one character. */
export function patternTest(pattern: string, hasVariables: boolean): Test {
  if (pattern === "*") return () => true
  const glob = globOf(pattern, hasVariables)
  if (typeof glob === "function") {
    return (value, context) => {
      const filled = glob(context)
      return filled !== undefined && globTest(filled)(value)
    }
  }

  // Most patterns are a name, or the beginning of one.
  const wildcard = glob.findIndex((code) => code < 0)
  if (wildcard === -1) {
    const text = textOf(glob)
    return (value) => value === text
  }
  if (wildcard === glob.length - 1 && glob[wildcard] === MANY) {
    const start = textOf(glob.slice(0, -1))
    return (value) => value.startsWith(start)
  }
  return globTest(glob)
}

const COLON = 58
const ARN_PARTS = 6

/** Of each part of an ARN by itself: a wildcard does not reach over a colon, except in the last part. */
export function arnPatternTest(pattern: string, hasVariables: boolean): Test {
  const glob = globOf(pattern, hasVariables)
  if (typeof glob === "function") {
    return (value, context) => {
      const filled = glob(context)
      return filled !== undefined && matchesArn(arnTests(filled), value)
    }
  }
  const tests = arnTests(glob)
  return (value) => matchesArn(tests, value)
}

function arnTests(glob: Glob): readonly GlobTest[] {
  const globs: number[][] = [[]]
  for (const code of glob) {
    if (code === COLON && globs.length < ARN_PARTS) globs.push([])
    else globs.at(-1)!.push(code)
  }
  return globs.map(globTest)
}

function matchesArn(tests: readonly GlobTest[], value: string): boolean {
  const parts = value.split(":")
  if (tests.length !== ARN_PARTS || parts.length < ARN_PARTS || parts[0] !== "arn") return false
  parts.push(parts.splice(ARN_PARTS - 1).join(":"))
  return tests.every((test, index) => test(parts[index]!))
}
