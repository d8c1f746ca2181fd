import type { Context } from "./context.ts"
import { OPERATORS, type QualifiedOperator, readOperator } from "./operator.ts"
import type { Test } from "./pattern.ts"

export type Condition = (context: Context) => boolean

/** The condition under one operator and key of a statement: values of the same key are alternatives. */
export function conditionOf(
  operator: string,
  key: string,
  values: readonly string[],
  hasVariables: boolean,
): Condition {
  const qualified = readOperator(operator)!
  const lower = key.toLowerCase()
  if (qualified.name === "Null") return nullCondition(lower, values)
  const { test, isNegated } = OPERATORS[qualified.name]!
  const tests = values.map((value) => test(value, hasVariables))
  const absent = holdsWithout(qualified, isNegated)

  // Without a word on which of several values counts, a negated operator wants all of them not to fit.
  const wantsAll = qualified.quantifier === "all" || (qualified.quantifier === undefined && isNegated)
  return (context) => {
    const found = context.valuesOf(lower)
    if (found === undefined || found.length === 0) return absent
    for (const value of found) {
      if ((fitsOne(tests, value, context) !== isNegated) !== wantsAll) return !wantsAll
    }
    return wantsAll
  }
}

function fitsOne(tests: readonly Test[], value: string, context: Context): boolean {
  for (const test of tests) if (test(value, context)) return true
  return false
}

function holdsWithout({ quantifier, ifExists }: QualifiedOperator, isNegated: boolean): boolean {
  if (ifExists || quantifier === "all") return true
  return quantifier === undefined && isNegated
}

function nullCondition(key: string, values: readonly string[]): Condition {
  const wanted = values.map((value) => value.toLowerCase())
  return (context) => wanted.includes(String((context.valuesOf(key) ?? []).length === 0))
}
