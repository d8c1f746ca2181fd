import { assert } from "../../../base/assert.ts"
import { type Condition, conditionOf } from "./condition.ts"
import type { Context } from "./context.ts"
import { type Covered, parseDocument, type Statement } from "./document.ts"
import { patternTest, type Test } from "./pattern.ts"
import { type Meant, type Principals, principalsOf, type Requester } from "./principal.ts"
import { TextCache } from "./text-cache.ts"

/** What is asked of a policy. */
export interface PolicyRequest {
  /** As in `ecs:RunTask`. */
  readonly action: string
  readonly resource: string
  readonly context: Context
}

/** A statement of a policy, ready to be asked. */
export interface CompiledStatement {
  /** Its place in the document. */
  readonly index: number
  readonly effect: "Allow" | "Deny"
  readonly actions: Test
  readonly resources: Test
  readonly principals: Principals | undefined
  readonly conditions: readonly Condition[]
}

/** What one policy says to a request. */
export interface Verdict {
  isDenied: boolean

  /** How who asks is meant by what allows it, at best; `direct` in policies that name nobody. */
  allows: Meant | undefined
}

export class CompiledPolicy {
  readonly #statements: readonly CompiledStatement[]

  /** Services have few actions, and those that are asked for are fewer: nothing is matched twice. */
  #byAction = new Map<string, readonly CompiledStatement[]>()

  constructor(statements: readonly CompiledStatement[]) {
    this.#statements = statements
  }

  /** The statements that are about this action, whatever the resource. */
  statementsFor(action: string): readonly CompiledStatement[] {
    const known = this.#byAction.get(action)
    if (known !== undefined) return known
    // Who simulates may name any.
    if (this.#byAction.size === ACTIONS_MAX) this.#byAction.clear()
    const lower = action.toLowerCase()
    const found = this.#statements.filter(({ actions }) => actions(lower, NO_CONTEXT))
    this.#byAction.set(action, found)
    return found
  }

  /** Adds what this policy says to what others have said. */
  ask(request: PolicyRequest, verdict: Verdict, requester?: Requester): void {
    for (const statement of this.statementsFor(request.action)) {
      const isDeny = statement.effect === "Deny"
      if (isDeny ? verdict.isDenied : verdict.allows === "direct") continue
      const meant = meaning(statement, requester)
      if (meant === undefined || !applies(statement, request)) continue
      if (isDeny) verdict.isDenied = true
      else if (verdict.allows === undefined || STRENGTH[meant] > STRENGTH[verdict.allows]) verdict.allows = meant
    }
  }

  /** The statements that apply, whatever they say. */
  applying(request: PolicyRequest, requester?: Requester): readonly CompiledStatement[] {
    return this.statementsFor(request.action).filter(
      (statement) => meaning(statement, requester) !== undefined && applies(statement, request),
    )
  }
}

const ACTIONS_MAX = 512
const STRENGTH: Readonly<Record<Meant, number>> = { direct: 3, identity: 2, account: 1 }
const NO_CONTEXT: Context = { valuesOf: () => undefined }

/** In a policy of a resource, a statement that names nobody means nobody. */
function meaning({ principals }: CompiledStatement, requester: Requester | undefined): Meant | undefined {
  return requester === undefined ? "direct" : principals?.meant(requester)
}

function applies({ resources, conditions }: CompiledStatement, { resource, context }: PolicyRequest): boolean {
  if (!resources(resource, context)) return false
  for (const holds of conditions) if (!holds(context)) return false
  return true
}

/** Policies say the same for as long as they are the same text, so each is compiled once while it is in use. */
const compiled = new TextCache<CompiledPolicy>(compile)

export function compiledOf(text: string): CompiledPolicy {
  return compiled.get(text)
}

export function compile(text: string): CompiledPolicy {
  const document = parseDocument(text)
  assert(document !== undefined, "a policy was kept that nobody can read")
  const hasVariables = document.version === "2012-10-17"
  return new CompiledPolicy(
    document.statements.map((statement, index) => compileStatement(statement, index, hasVariables)),
  )
}

function compileStatement(statement: Statement, index: number, hasVariables: boolean): CompiledStatement {
  const { effect, actions, resources, principals, conditions } = statement
  assert(actions !== undefined, "a policy was kept that says nothing of actions")
  return {
    index,
    effect,
    actions: coverTest({ ...actions, listed: actions.listed.map((action) => action.toLowerCase()) }, false),
    // A policy of a resource may leave out what it is about.
    resources: resources === undefined ? () => true : coverTest(resources, hasVariables),
    principals: principals && principalsOf(principals, effect),
    conditions: conditions.map(({ operator, key, values }) => conditionOf(operator, key, values, hasVariables)),
  }
}

function coverTest({ isExcept, listed }: Covered, hasVariables: boolean): Test {
  const tests = listed.map((pattern) => patternTest(pattern, hasVariables))
  const [first] = tests
  if (!isExcept && first !== undefined && tests.length === 1) return first
  return (value, context) => {
    for (const test of tests) if (test(value, context)) return !isExcept
    return isExcept
  }
}
