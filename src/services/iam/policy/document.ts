import { readOperator } from "./operator.ts"

/** A policy as its text says it, with lists where it has single values. */
export interface PolicyDocument {
  /** `2008-10-17` where it says nothing. */
  readonly version: string
  readonly statesVersion: boolean
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly sid: string | undefined
  readonly effect: "Allow" | "Deny"

  /** Whether `Effect` is written as it has to be, which older parsers take a closer look at. */
  readonly isEffectExact: boolean
  readonly actions: Covered | undefined
  readonly resources: Covered | undefined
  readonly principals: Covered<PrincipalElement> | undefined
  readonly conditions: readonly ConditionElement[]
}

/** What `Action` lists, or `NotAction` excepts. */
export interface Covered<T = readonly string[]> {
  readonly isExcept: boolean
  readonly listed: T
}

/** `"*"`, or names by their kind. */
export type PrincipalElement = "*" | Readonly<Record<string, readonly string[]>>

export interface ConditionElement {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** Undefined for what AWS finds syntax errors in. */
export function parseDocument(text: string): PolicyDocument | undefined {
  try {
    return documentOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Thrown like what `JSON.parse` throws: a document is wrong as a whole or not at all. */
function expect(condition: unknown): asserts condition {
  if (!condition) throw new SyntaxError("Syntax errors in policy.")
}

function documentOf(value: unknown): PolicyDocument {
  const { Version, Id, Statement, ...unknown } = objectOf(value)
  expect(Object.keys(unknown).length === 0)
  expect(Version === undefined || Version === "2012-10-17" || Version === "2008-10-17")
  expect(Id === undefined || typeof Id === "string")
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  return {
    version: Version ?? "2008-10-17",
    statesVersion: Version !== undefined,
    statements: statements.map(statementOf),
  }
}

function statementOf(value: unknown): Statement {
  const statement = objectOf(value)
  const { Sid, Effect, Condition = {} } = statement
  expect(Object.keys(statement).every((name) => ELEMENTS.has(name)))
  expect(Sid === undefined || typeof Sid === "string")
  expect(typeof Effect === "string" && /^(allow|deny)$/i.test(Effect))
  return {
    sid: Sid,
    effect: /^allow$/i.test(Effect) ? "Allow" : "Deny",
    isEffectExact: Effect === "Allow" || Effect === "Deny",
    actions: coveredOf(statement, "Action", stringsOf),
    resources: coveredOf(statement, "Resource", stringsOf),
    principals: coveredOf(statement, "Principal", principalOf),
    conditions: Object.entries(objectOf(Condition)).flatMap(([operator, block]) => conditionsOf(operator, block)),
  }
}

const ELEMENTS = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
])

function coveredOf<T>(
  statement: Readonly<Record<string, unknown>>,
  name: string,
  read: (value: unknown) => T,
): Covered<T> | undefined {
  const { [name]: listed, [`Not${name}`]: excepted } = statement
  expect(listed === undefined || excepted === undefined)
  if (listed !== undefined) return { isExcept: false, listed: read(listed) }
  return excepted === undefined ? undefined : { isExcept: true, listed: read(excepted) }
}

function principalOf(value: unknown): PrincipalElement {
  if (value === "*") return value
  const kinds = objectOf(value)
  expect(Object.keys(kinds).length > 0 && Object.keys(kinds).every((kind) => PRINCIPAL_KINDS.has(kind)))
  return Object.fromEntries(Object.entries(kinds).map(([kind, names]) => [kind, stringsOf(names)]))
}

const PRINCIPAL_KINDS = new Set(["AWS", "Service", "Federated", "CanonicalUser"])

function conditionsOf(operator: string, block: unknown): ConditionElement[] {
  const keys = Object.entries(objectOf(block))
  expect(keys.length === 0 || readOperator(operator) !== undefined)
  return keys.map(([key, values]) => ({ operator, key, values: scalarsOf(values) }))
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  expect(typeof value === "object" && value !== null && !Array.isArray(value))
  return value as Readonly<Record<string, unknown>>
}

function stringsOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value]
  expect(values.every((one) => typeof one === "string"))
  return values
}

/** Conditions may compare with numbers and with true and false as they are. */
function scalarsOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value]
  expect(values.every((one) => typeof one === "string" || typeof one === "number" || typeof one === "boolean"))
  return values.map(String)
}
