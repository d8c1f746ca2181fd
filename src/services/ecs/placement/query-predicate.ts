import { compilePattern } from "./pattern.ts"
import type { QueriedInstance, Test } from "./query.ts"
import { BadQuery, type QueryReader } from "./query-reader.ts"

type Operator = "==" | "!=" | ">" | ">=" | "<" | "<=" | "=~" | "!~" | "in" | "!in" | "exists" | "!exists"

export interface Predicate {
  readonly holds: Test

  /** Whether the answer changes with the tasks on the instance, and not only with its own record. */
  readonly asksForTasks: boolean
}

/**
 * Reads one predicate, such as `attribute:stack != production`. An operator that denies holds exactly where the one it
 * denies does not: also for an instance without the attribute, and for `task:group` where no task is in the group.
 */
export function predicateOf(reader: QueryReader): Predicate {
  const subject = reader.name()
  if (subject === "") throw reader.expected("a predicate")
  const operator = operatorOf(reader)
  const allowed = subject.startsWith(ATTRIBUTE) ? ALL : ALLOWED.get(subject)
  if (allowed === undefined) throw new BadQuery(`it asks for "${subject}", which no instance has`)
  if (!allowed.includes(operator)) throw new BadQuery(`"${operator}" cannot be asked of ${subject}`)
  const denied = DENIES[operator]
  const holds = testOf(subject, denied ?? operator, reader)
  const asksForTasks = subject === "runningTasksCount" || subject === "task:group"
  return { asksForTasks, holds: denied === undefined ? holds : (instance) => !holds(instance) }
}

const ATTRIBUTE = "attribute:"

const EQUALITY: readonly Operator[] = ["==", "!=", "in", "!in", "=~", "!~"]
const ORDER: readonly Operator[] = ["==", "!=", ">", ">=", "<", "<="]
const ALL: readonly Operator[] = [...EQUALITY, ...ORDER, "exists", "!exists"]

const ALLOWED: ReadonlyMap<string, readonly Operator[]> = new Map([
  ["agentConnected", EQUALITY],
  ["ec2InstanceId", EQUALITY],
  ["agentVersion", ORDER],
  ["registeredAt", ORDER],
  ["runningTasksCount", ORDER],
  ["task:group", EQUALITY],
])

const DENIES: Partial<Record<Operator, Operator>> = { "!=": "==", "!~": "=~", "!in": "in", "!exists": "exists" }

/** Signs and words; a longer one stands before one that it begins with. */
const SIGNS = ["==", "!=", ">=", "<=", "=~", "!~", ">", "<"] as const
const WORDS: Readonly<Record<string, Operator>> = {
  equals: "==",
  not_equals: "!=",
  greater_than: ">",
  greater_than_equal: ">=",
  less_than: "<",
  less_than_equal: "<=",
  matches: "=~",
  not_matches: "!~",
  in: "in",
  "!in": "!in",
  not_in: "!in",
  exists: "exists",
  "!exists": "!exists",
  not_exists: "!exists",
}

function operatorOf(reader: QueryReader): Operator {
  for (const sign of SIGNS) if (reader.skipSign(sign)) return sign
  for (const [word, operator] of Object.entries(WORDS)) if (reader.skipWord(word)) return operator
  throw reader.expected("an operator")
}

function testOf(subject: string, operator: Operator, reader: QueryReader): Test {
  if (subject.startsWith(ATTRIBUTE)) {
    const name = subject.slice(ATTRIBUTE.length)
    if (name === "") throw new BadQuery("it names no attribute")
    const test = operator === "exists" ? () => true : textTest(operator, reader)
    return onText(({ attributes }) => attributes.get(name), test)
  }
  switch (subject) {
    case "ec2InstanceId":
      return onText((instance) => instance.ec2InstanceId, textTest(operator, reader))
    case "agentConnected":
      return onText((instance) => String(instance.agentConnected), textTest(operator, reader))
    case "agentVersion":
      return versionTest(operator, reader)
    case "registeredAt": {
      const wanted = secondOf(reader.value())
      return ({ registeredAt }) => inOrder(operator, Math.floor(registeredAt / 1000) - wanted)
    }
    case "runningTasksCount": {
      const wanted = reader.value()
      if (!/^\d{1,9}$/.test(wanted)) throw new BadQuery(`"${wanted}" is not a number of tasks`)
      return ({ runningTasksCount }) => inOrder(operator, runningTasksCount - Number(wanted))
    }
    default: {
      const holds = textTest(operator, reader)
      return (instance) => instance.someGroup(holds)
    }
  }
}

function onText(read: (instance: QueriedInstance) => string | undefined, holds: (text: string) => boolean): Test {
  return (instance) => {
    const text = read(instance)
    return text !== undefined && holds(text)
  }
}

function textTest(operator: Operator, reader: QueryReader): (text: string) => boolean {
  if (operator === "in") {
    const wanted = new Set(reader.list())
    return (text) => wanted.has(text)
  }
  if (operator === "=~") {
    const source = reader.pattern()
    const pattern = compilePattern(source)
    if (!pattern.ok) throw new BadQuery(`its regular expression "${source}" cannot be used: ${pattern.problem}`)
    return pattern.matches
  }
  const wanted = reader.value()
  return operator === "==" ? (text) => text === wanted : (text) => inOrder(operator, compareTexts(text, wanted))
}

/** Numbers by their size, anything else by code unit. */
function compareTexts(a: string, b: string): number {
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b)
  return a < b ? -1 : a > b ? 1 : 0
}

const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/

function versionTest(operator: Operator, reader: QueryReader): Test {
  const wanted = versionOf(reader.value())
  if (wanted === undefined) throw new BadQuery("a version is numbers with dots between them")
  return ({ agentVersion = "" }) => {
    const version = versionOf(agentVersion)
    return version !== undefined && inOrder(operator, compareVersions(version, wanted))
  }
}

function versionOf(text: string): number[] | undefined {
  return /^\d{1,9}(\.\d{1,9}){0,9}$/.test(text) ? text.split(".").map(Number) : undefined
}

/** A part that is missing counts as zero: 1.2 is 1.2.0. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let part = 0; part < Math.max(a.length, b.length); part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Without a zone it is UTC; with no time it is the day's beginning. */
function secondOf(text: string): number {
  const found = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  const ms = found === null ? Number.NaN : Date.parse(`${found[1]}${found[2] ?? "T00:00:00"}${found[3] ?? "Z"}`)
  if (Number.isNaN(ms)) throw new BadQuery(`"${text}" is not a date, as in 2018-06-18T22:28:28+00:00`)
  return Math.floor(ms / 1000)
}

function inOrder(operator: Operator, difference: number): boolean {
  switch (operator) {
    case "==":
      return difference === 0
    case ">":
      return difference > 0
    case ">=":
      return difference >= 0
    case "<":
      return difference < 0
    default:
      return difference <= 0
  }
}
