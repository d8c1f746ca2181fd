import { blockTest } from "./address.ts"
import { instantOf } from "./instant.ts"
import { arnPatternTest, patternTest, type Test } from "./pattern.ts"
import { filledOf } from "./text.ts"

/** How a condition compares. */
export interface Operator {
  /** From one value of the policy. */
  readonly test: (value: string, hasVariables: boolean) => Test

  /** Holds where none of the policy's values fits, and so also where the request has no value. */
  readonly isNegated: boolean
}

/** With what a policy's value says, once its variables are filled in; undefined for a value that nothing fits. */
function comparing(make: (value: string) => ((value: string) => boolean) | undefined): Operator["test"] {
  return (text, hasVariables) => {
    const filled = filledOf(text, hasVariables)
    if (typeof filled === "string") return make(filled) ?? never
    return (value, context) => {
      const own = filled(context)
      return own !== undefined && make(own)?.(value) === true
    }
  }
}

const never = () => false

const equal = comparing((own) => (value) => value === own)
const equalInAnyCase = comparing((own) => {
  const lower = own.toLowerCase()
  return (value) => value.toLowerCase() === lower
})

function numeric(compare: (value: number, own: number) => boolean): Operator["test"] {
  return ordered((text) => (text.trim() === "" ? Number.NaN : Number(text)), compare)
}

function date(compare: (value: number, own: number) => boolean): Operator["test"] {
  return ordered(instantOf, compare)
}

function ordered(read: (text: string) => number, compare: (value: number, own: number) => boolean): Operator["test"] {
  return comparing((text) => {
    const own = read(text)
    return (value) => compare(read(value), own)
  })
}

const same = (a: number, b: number) => a === b
const less = (a: number, b: number) => a < b
const lessOrSame = (a: number, b: number) => a <= b
const more = (a: number, b: number) => a > b
const moreOrSame = (a: number, b: number) => a >= b

const when = (test: Operator["test"]): Operator => ({ test, isNegated: false })
const unless = (test: Operator["test"]): Operator => ({ test, isNegated: true })

/** All of AWS's, but for `Null`, which looks at no value. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: when(equal),
  StringNotEquals: unless(equal),
  StringEqualsIgnoreCase: when(equalInAnyCase),
  StringNotEqualsIgnoreCase: unless(equalInAnyCase),
  StringLike: when(patternTest),
  StringNotLike: unless(patternTest),
  NumericEquals: when(numeric(same)),
  NumericNotEquals: unless(numeric(same)),
  NumericLessThan: when(numeric(less)),
  NumericLessThanEquals: when(numeric(lessOrSame)),
  NumericGreaterThan: when(numeric(more)),
  NumericGreaterThanEquals: when(numeric(moreOrSame)),
  DateEquals: when(date(same)),
  DateNotEquals: unless(date(same)),
  DateLessThan: when(date(less)),
  DateLessThanEquals: when(date(lessOrSame)),
  DateGreaterThan: when(date(more)),
  DateGreaterThanEquals: when(date(moreOrSame)),
  Bool: when(equalInAnyCase),
  BinaryEquals: when(equal),
  IpAddress: when(comparing(blockTest)),
  NotIpAddress: unless(comparing(blockTest)),
  // ArnEquals does what ArnLike does, on AWS too.
  ArnEquals: when(arnPatternTest),
  ArnNotEquals: unless(arnPatternTest),
  ArnLike: when(arnPatternTest),
  ArnNotLike: unless(arnPatternTest),
}

/** An operator's name with what may stand around it, as in `ForAnyValue:StringLikeIfExists`. */
export interface QualifiedOperator {
  readonly name: string
  readonly quantifier: "all" | "any" | undefined
  readonly ifExists: boolean
}

/** Undefined for what is none. */
export function readOperator(text: string): QualifiedOperator | undefined {
  const [, forValues, name = "", suffix] = /^(?:For(AllValues|AnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text) ?? []
  if (name !== "Null" && !Object.hasOwn(OPERATORS, name)) return undefined
  if (name === "Null" && suffix !== undefined) return undefined
  const quantifier = forValues === "AllValues" ? "all" : forValues === "AnyValue" ? "any" : undefined
  return { name, quantifier, ifExists: suffix !== undefined }
}
