import { setFlagsFromString } from "node:v8"

// Patterns are written by the owners of tasks, and lines by their programs: together they could make a matcher that
// goes back and forth take for ever, and all tasks of the machine with it. So it changes to one that goes once through
// the line as soon as it has gone back too often, which is the only one that Docker has.
setFlagsFromString("--enable-experimental-regexp-engine")
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks")

/** Throws a `SyntaxError`, also for what cannot be matched in one go, such as what looks ahead or repeats a group. */
export function compilePattern(source: string): RegExp {
  new RegExp(source, LINEAR)
  return new RegExp(source)
}

/** Refuses what the matcher that goes once cannot do. It is slower than the usual one where that has no trouble. */
const LINEAR = "l"
