import type { Fault } from "./fault.ts"
import type { Tag } from "./tags.ts"

/** A filter as EC2's Describe operations take it: a record passes if the named field has one of the values. */
export interface SentFilter {
  readonly Name?: string | undefined
  readonly Values?: readonly string[] | undefined
}

/** The filters that a listing knows: for each name, where its values are in a record. A field may have several, or none. */
export type FilterFields<R> = Readonly<Record<string, (record: R) => FieldValue>>

export type FieldValue = string | number | boolean | undefined | readonly string[]

export interface FilterRules<R> {
  readonly fields: FilterFields<R>

  /** For records with tags: their filters `tag:<key>` and `tag-key` come from here. */
  readonly tags?: (record: R) => readonly Tag[]
  readonly refuse: (problem: FilterProblem, name: string) => Fault
}

export type FilterProblem = "no name" | "unknown name" | "too many values"

const VALUES_MAX = 200
const TAG = "tag:"

/**
 * What is asked for, as one test of a record: all filters must hold. Names and values are told apart by case; values
 * may have the wildcards `*` and `?`. It is made once for a listing, so that no record is looked at for a wrong filter.
 */
export function filterOf<R>(filters: readonly SentFilter[], rules: FilterRules<R>): (record: R) => boolean {
  let values = 0
  const tests = filters.map(({ Name: name, Values: patterns = [] }) => {
    if (name === undefined || name === "") throw rules.refuse("no name", "")
    const field = fieldOf(name, rules)
    if (field === undefined) throw rules.refuse("unknown name", name)
    values += patterns.length
    if (values > VALUES_MAX) throw rules.refuse("too many values", name)
    const matches = patterns.map(wildcard)
    return (record: R) => {
      const found = field(record)
      if (found === undefined) return false
      if (typeof found === "object") return found.some((value) => matches.some((match) => match(value)))
      const text = String(found)
      return matches.some((match) => match(text))
    }
  })
  return (record) => tests.every((holds) => holds(record))
}

function fieldOf<R>(name: string, { fields, tags }: FilterRules<R>): ((record: R) => FieldValue) | undefined {
  if (Object.hasOwn(fields, name)) return fields[name]
  if (tags === undefined) return undefined
  if (name === "tag-key") return (record) => tags(record).map(({ key }) => key)
  if (!name.startsWith(TAG)) return undefined
  const key = name.slice(TAG.length)
  return (record) => tags(record).find((tag) => tag.key === key)?.value
}

/** Stands for any one character. */
const ANY = undefined

/** Parts of a pattern between its stars, each a run of characters that must follow one another. */
type Run = readonly (string | typeof ANY)[]

/**
 * A test for one pattern: `*` stands for anything, `?` for any one character, and a backslash before either, or before
 * another, takes its meaning away. The runs between stars are looked for from left to right, each as early as it fits,
 * which leaves the most room for the next: nothing is ever tried again.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const [first, ...others] = runsOf(pattern)
  const last = others.pop()
  if (last === undefined) {
    if (!first!.includes(ANY)) {
      const literal = first!.join("")
      return (text) => text === literal
    }
    return (text) => {
      const characters = [...text]
      return characters.length === first!.length && fits(first!, characters, 0)
    }
  }

  return (text) => {
    const characters = [...text]
    const end = characters.length - last.length
    if (end < first!.length || !fits(first!, characters, 0) || !fits(last, characters, end)) return false
    let at = first!.length
    for (const run of others) {
      while (at + run.length <= end && !fits(run, characters, at)) at++
      at += run.length
      if (at > end) return false
    }
    return true
  }
}

function runsOf(pattern: string): Run[] {
  let run: (string | typeof ANY)[] = []
  const runs = [run]
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    const next = characters[at + 1]
    if (character === "\\" && (next === "*" || next === "?" || next === "\\")) {
      run.push(next)
      at++
    } else if (character === "*") {
      run = []
      runs.push(run)
    } else {
      run.push(character === "?" ? ANY : character)
    }
  }
  return runs
}

function fits(run: Run, characters: readonly string[], at: number): boolean {
  for (let index = 0; index < run.length; index++) {
    if (run[index] !== ANY && run[index] !== characters[at + index]) return false
  }
  return true
}
