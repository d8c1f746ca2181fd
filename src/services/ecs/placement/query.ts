import { predicateOf } from "./query-predicate.ts"
import { BadQuery, QueryReader } from "./query-reader.ts"

/** What an expression can ask about a container instance. */
export interface QueriedInstance {
  /** An attribute without a value has an empty one. */
  readonly attributes: ReadonlyMap<string, string>
  readonly agentConnected: boolean
  readonly agentVersion: string | undefined
  readonly ec2InstanceId: string | undefined
  readonly registeredAt: number
  readonly runningTasksCount: number

  /** Whether the group of any task on the instance is one that `holds`. */
  someGroup(holds: (group: string) => boolean): boolean
}

export type Test = (instance: QueriedInstance) => boolean

/**
 * An expression of the cluster query language, split in two that must both hold: what the instance's own record
 * answers, which seldom changes and is worth remembering, and what depends on the tasks it has at the moment. Either
 * may have nothing to say.
 */
export interface Query {
  readonly ofInstance: Test | undefined
  readonly ofTasks: Test | undefined
}

export type CompiledQuery =
  | { readonly ok: true; readonly query: Query }
  | { readonly ok: false; readonly problem: string }

/** Reads an expression as in `attribute:ecs.instance-type =~ t3.* and not (task:group == database)`. */
export function compileQuery(expression: string): CompiledQuery {
  if (expression.length > LENGTH_MAX) return { ok: false, problem: `it is longer than ${LENGTH_MAX} characters` }
  try {
    const condition = new QueryParser(expression).parse()
    const conditions = condition.kind === "and" ? condition.parts : [condition]
    return {
      ok: true,
      query: {
        ofInstance: allOf(conditions.filter((part) => !part.asksForTasks)),
        ofTasks: allOf(conditions.filter((part) => part.asksForTasks)),
      },
    }
  } catch (error) {
    if (error instanceof BadQuery) return { ok: false, problem: error.message }
    throw error
  }
}

export function matches({ ofInstance, ofTasks }: Query, instance: QueriedInstance): boolean {
  return (ofInstance === undefined || ofInstance(instance)) && (ofTasks === undefined || ofTasks(instance))
}

/** As AWS bounds it. Parentheses and negations nest no deeper than anyone would write. */
const LENGTH_MAX = 2000
const DEPTH_MAX = 100

/** Part of an expression. Of a conjunction the parts are known, so that they can be told apart. */
interface Condition {
  readonly kind: "and" | "other"
  readonly parts: readonly Condition[]
  readonly asksForTasks: boolean
  readonly holds: Test
}

function allOf(conditions: readonly Condition[]): Test | undefined {
  const tests = conditions.map(({ holds }) => holds)
  if (tests.length <= 1) return tests[0]
  return (instance) => tests.every((holds) => holds(instance))
}

class QueryParser {
  readonly #reader: QueryReader
  #depth = 0

  constructor(expression: string) {
    this.#reader = new QueryReader(expression)
  }

  parse(): Condition {
    const condition = this.#or()
    this.#reader.expectEnd()
    return condition
  }

  #or(): Condition {
    const parts = [this.#and()]
    while (this.#reader.skipSign("||") || this.#reader.skipWord("or")) parts.push(this.#and())
    if (parts.length === 1) return parts[0]!
    return composed("other", parts, (instance) => parts.some(({ holds }) => holds(instance)))
  }

  #and(): Condition {
    const parts = [this.#not()]
    while (this.#reader.skipSign("&&") || this.#reader.skipWord("and")) parts.push(this.#not())
    if (parts.length === 1) return parts[0]!
    const flat = parts.flatMap((part) => (part.kind === "and" ? part.parts : part))
    return composed("and", flat, (instance) => flat.every(({ holds }) => holds(instance)))
  }

  #not(): Condition {
    if (++this.#depth > DEPTH_MAX) throw new BadQuery("it is nested too deeply")
    const condition = this.#unary()
    this.#depth--
    return condition
  }

  #unary(): Condition {
    if (this.#reader.skipSign("!") || this.#reader.skipWord("not")) {
      const inner = this.#not()
      return composed("other", [inner], (instance) => !inner.holds(instance))
    }
    if (this.#reader.skipSign("(")) {
      const inner = this.#or()
      this.#reader.expectSign(")")
      return inner
    }
    const { asksForTasks, holds } = predicateOf(this.#reader)
    return { kind: "other", parts: [], asksForTasks, holds }
  }
}

function composed(kind: "and" | "other", parts: readonly Condition[], holds: Test): Condition {
  return { kind, parts, asksForTasks: parts.some((part) => part.asksForTasks), holds }
}
