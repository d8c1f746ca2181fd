import fc from "fast-check"
import { expect, test } from "vitest"
import { compileQuery, matches, type QueriedInstance } from "./query.ts"

function queried(changes: Partial<QueriedInstance> & { readonly groups?: readonly string[] } = {}): QueriedInstance {
  const { groups = [], ...rest } = changes
  return {
    attributes: new Map(),
    agentConnected: true,
    agentVersion: "1.90.0",
    ec2InstanceId: "i-0abc",
    registeredAt: Date.UTC(2018, 5, 18, 22, 28, 28, 500),
    runningTasksCount: 3,
    someGroup: (holds) => groups.some(holds),
    ...rest,
  }
}

const INSTANCE = queried({
  attributes: new Map([
    ["ecs.instance-type", "t3.small"],
    ["ecs.availability-zone", "us-east-1a"],
    ["stack", "prod"],
    ["gpu", ""],
    ["level", "9"],
  ]),
  groups: ["service:web", "family:job"],
})

function answer(expression: string): boolean | string {
  const compiled = compileQuery(expression)
  return compiled.ok ? matches(compiled.query, INSTANCE) : compiled.problem
}

test.each<[string, boolean]>([
  ["attribute:ecs.instance-type == t3.small", true],
  ["attribute:ecs.instance-type equals t3.micro", false],
  ["attribute:ecs.instance-type =~ t3.*", true],
  ["attribute:ecs.instance-type =~ t3", false],
  ["attribute:ecs.instance-type !~ t2.*", true],
  ["attribute:ecs.instance-type =~ (t2|t3)[.](small|micro)", true],
  ["(attribute:ecs.instance-type =~ t3.*)", true],
  ["attribute:ecs.availability-zone in [us-east-1a, 'us-east-1b']", true],
  ["attribute:ecs.availability-zone !in [us-east-1a]", false],
  ["attribute:ecs.availability-zone not_in [us-west-2a]", true],
  ["attribute:stack exists", true],
  ["attribute:stack!exists", false],
  ["attribute:gpu exists and attribute:gpu == ''", true],
  ["attribute:level > 10", false],
  ["attribute:level less_than_equal 9.0", true],
  ["attribute:missing == x", false],
  ["attribute:missing != x", true],
  ["attribute:missing < x", false],
  ["attribute:missing !~ .*", true],
  ["attribute:toString exists", false],
  ["attribute:stack==prod&&attribute:level==9", true],
  ["attribute:stack == test || attribute:level == 9", true],
  ["not (attribute:stack == prod)", false],
  ["!attribute:stack == prod", false],
  ["! ! attribute:stack == prod", true],
  ["attribute:stack == test and attribute:gpu exists or attribute:level == 9", true],
  ["attribute:stack == test and (attribute:gpu exists or attribute:level == 9)", false],
  ["agentConnected == true", true],
  ["agentVersion >= 1.90", true],
  ["agentVersion < 1.9", false],
  ["agentVersion greater_than 1.89.3", true],
  ["ec2InstanceId in ['i-0abc', 'i-1']", true],
  ["registeredAt >= 2018-06-18T22:28:28+00:00", true],
  ["registeredAt == 2018-06-18T22:28:28Z", true],
  ["registeredAt > 2018-06-18", true],
  ["registeredAt < 2018-06-18T22:28:28", false],
  ["registeredAt == 2018-06-19T00:28:28+02:00", true],
  ["runningTasksCount > 2", true],
  ["runningTasksCount==3", true],
  ["task:group == service:web", true],
  ["task:group != service:web", false],
  ["task:group in [family:job]", true],
  ["task:group =~ database.*", false],
])("%s is %s", (expression, expected) => {
  expect(answer(expression)).toBe(expected)
})

test.each<[string, string]>([
  ["", "a predicate was expected at its end"],
  ["attribute:stack", "an operator was expected at its end"],
  ["attribute: == x", "it names no attribute"],
  ["attribute:stack == ", "a value was expected at its end"],
  ["attribute:stack == prod stage", 'and, or or the end was expected at "stage"'],
  ["attribute:stack == 'prod", "a quotation does not end"],
  ["(attribute:stack == prod", '")" was expected at its end'],
  ["attribute:stack in prod", '"[" was expected at "prod"'],
  ["constructor == x", 'it asks for "constructor", which no instance has'],
  ["agentVersion =~ 1.*", '"=~" cannot be asked of agentVersion'],
  ["task:group exists", '"exists" cannot be asked of task:group'],
  ["agentVersion > latest", "a version is numbers with dots between them"],
  ["registeredAt > yesterday", '"yesterday" is not a date, as in 2018-06-18T22:28:28+00:00'],
  ["runningTasksCount > many", '"many" is not a number of tasks'],
  [
    "attribute:stack =~ (?=x)",
    'its regular expression "(?=x)" cannot be used: look-around and flags other than a leading (?i) are not supported',
  ],
  [`${"(".repeat(101)}x`, "it is nested too deeply"],
  [`attribute:x == ${"y".repeat(2000)}`, "it is longer than 2000 characters"],
])("%s is refused: %s", (expression, problem) => {
  expect(answer(expression)).toBe(problem)
})

test("what an expression asks of the tasks is told apart from what it asks of the instance", () => {
  const compiled = compileQuery("attribute:stack == prod and runningTasksCount < 5 and (attribute:gpu exists)")
  if (!compiled.ok) throw new Error(compiled.problem)
  const { ofInstance, ofTasks } = compiled.query

  expect(ofInstance!(queried())).toBe(false)
  expect(ofTasks!(queried({ runningTasksCount: 4 }))).toBe(true)
  expect(ofTasks!(queried({ runningTasksCount: 5 }))).toBe(false)
})

/** An expression as a tree, with the answer that it must give. */
type Tree =
  | { readonly kind: "leaf"; readonly name: string; readonly value: string; readonly denied: boolean }
  | { readonly kind: "not"; readonly of: Tree }
  | { readonly kind: "and" | "or"; readonly of: readonly Tree[] }

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant("leaf" as const),
      name: fc.constantFrom("a", "b"),
      value: fc.constantFrom("1", "2"),
      denied: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("not" as const), of: tie("tree") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      of: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))

/** With parentheses only where they are needed: a conjunction binds more tightly than an alternative. */
function written(of: Tree, within: "or" | "and" | "not" = "or"): string {
  switch (of.kind) {
    case "leaf":
      return `attribute:${of.name} ${of.denied ? "!=" : "=="} ${of.value}`
    case "not":
      return `not ${written(of.of, "not")}`
    case "and":
    case "or": {
      const text = of.of.map((part) => written(part, of.kind)).join(of.kind === "and" ? " && " : " or ")
      const bindsEnough = within === "or" || (within === "and" && of.kind === "and")
      return bindsEnough ? text : `(${text})`
    }
  }
}

function holds(of: Tree, values: Readonly<Record<string, string | undefined>>): boolean {
  if (of.kind === "leaf") return (values[of.name] === of.value) !== of.denied
  if (of.kind === "not") return !holds(of.of, values)
  return of.kind === "and" ? of.of.every((part) => holds(part, values)) : of.of.some((part) => holds(part, values))
}

test("and, or, not and parentheses mean what they mean in logic", () => {
  const someValue = fc.constantFrom("1", "2", undefined)
  fc.assert(
    fc.property(tree, someValue, someValue, (expression, a, b) => {
      const compiled = compileQuery(written(expression))
      if (!compiled.ok) {
        // The only thing that can be wrong with it is its length.
        expect(written(expression).length).toBeGreaterThan(2000)
        return
      }
      const attributes = new Map(Object.entries({ a, b }).flatMap(([name, value]) => (value ? [[name, value]] : [])))
      expect(matches(compiled.query, queried({ attributes }))).toBe(holds(expression, { a, b }))
    }),
  )
})

test("nothing that a caller can write throws, or takes long", () => {
  const word = fc.constantFrom(
    "attribute:a",
    "==",
    "!",
    "(",
    ")",
    "[",
    "]",
    ",",
    "in",
    "not",
    "and",
    "||",
    "'",
    "x",
    "=~",
    ".*",
    "exists",
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(" ")),
      ),
      (expression) => {
        const compiled = compileQuery(expression)
        if (compiled.ok) expect(typeof matches(compiled.query, INSTANCE)).toBe("boolean")
        else expect(compiled.problem).not.toBe("")
      },
    ),
  )
})
