import { NormalizedSchema } from "@smithy/core/schema"
import * as fc from "fast-check"
import type { OperationShape, ServiceShape } from "./protocol.ts"

/** How the SDK's schemas number the simple types. */
const STRING = 0
const NUMBER = 1
const BOOLEAN = 2
const TIMESTAMP = 4
const BLOB = 21

const namespace = "com.example"
const strings = [1, namespace, "Strings", 0, STRING]
const numbers = [1, namespace, "Numbers", 0, [NUMBER, { xmlName: "Number" }]]
const scores = [2, namespace, "Scores", 0, STRING, NUMBER]
const renamedScores = [
  2,
  namespace,
  "RenamedScores",
  0,
  [STRING, { xmlName: "Player" }],
  [NUMBER, { xmlName: "Points" }],
]
const choice = [4, namespace, "Choice", 0, ["Left", "Right"], [STRING, NUMBER]]
const tree: unknown[] = [3, namespace, "Tree", 0, ["Name", "Next", "Branches"], [STRING, () => tree, () => trees], 1]
const trees = [1, namespace, "Trees", 0, () => tree]
const listOfLists = [1, namespace, "ListOfLists", 0, () => strings]

/**
 * Members of every kind that query and XML shapes can have, more than any one service of AWS has. The protocols' tests
 * take them through the SDK's own serialisers and parsers.
 */
const members: Record<string, unknown> = {
  Text: STRING,
  Count: NUMBER,
  Enabled: BOOLEAN,
  At: TIMESTAMP,
  AtHttpDate: 6,
  AtEpoch: 7,
  Bytes: BLOB,
  Renamed: [STRING, { xmlName: "Other", ec2QueryName: "Ec2Name" }],
  lowerCase: STRING,
  List: () => strings,
  NumberList: () => numbers,
  FlatList: [() => strings, { xmlFlattened: 1 }],
  RenamedFlatList: [() => trees, { xmlFlattened: 1, xmlName: "Flat" }],
  Lists: () => listOfLists,
  Map: () => scores,
  FlatMap: [() => scores, { xmlFlattened: 1 }],
  RenamedMap: () => renamedScores,
  Choice: () => choice,
  Tree: () => tree,
}

export function everyShape(names: readonly string[] = Object.keys(members)): NormalizedSchema {
  const schema = [3, namespace, "Everything", 0, names, names.map((name) => members[name]), 0]
  return NormalizedSchema.of(schema as never)
}

const text = fc
  .string({ unit: "grapheme", minLength: 1 })
  .filter((value) => value.trim() !== "" && !value.includes("\r"))
const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "key", "a.b"))
const moment = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000))
const number = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
)
const branch: fc.Arbitrary<object> = fc.letrec<{ tree: object }>((tie) => ({
  tree: fc.record(
    {
      Name: text,
      Next: fc.option(tie("tree"), { nil: undefined, maxDepth: 3 }),
      Branches: fc.option(fc.array(tie("tree"), { minLength: 1, maxLength: 3 }), { nil: undefined, maxDepth: 3 }),
    },
    { noNullPrototype: true },
  ),
})).tree

/** Nothing here is empty, as some of these protocols have no way to tell that from nothing at all. */
const values: Record<string, fc.Arbitrary<unknown>> = {
  Text: text,
  Count: number,
  Enabled: fc.boolean(),
  At: moment,
  AtHttpDate: moment,
  AtEpoch: moment,
  Bytes: fc.uint8Array({ minLength: 1 }),
  Renamed: text,
  lowerCase: text,
  List: fc.array(text, { minLength: 1 }),
  NumberList: fc.array(number, { minLength: 1 }),
  FlatList: fc.array(text, { minLength: 1 }),
  RenamedFlatList: fc.array(branch, { minLength: 1, maxLength: 3 }),
  Lists: fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  Map: dictionary(),
  FlatMap: dictionary(),
  RenamedMap: dictionary(),
  Choice: fc.oneof(
    fc.record({ Left: text }, { noNullPrototype: true }),
    fc.record({ Right: number }, { noNullPrototype: true }),
  ),
  Tree: branch,
}

function dictionary(): fc.Arbitrary<unknown> {
  return fc
    .uniqueArray(fc.tuple(key, number), { selector: ([name]) => name, minLength: 1 })
    .map((entries) => Object.fromEntries(entries))
}

export function everyValue(names: readonly string[] = Object.keys(members)): fc.Arbitrary<Record<string, unknown>> {
  const chosen = Object.fromEntries(names.map((name) => [name, values[name]!]))
  return fc.record(chosen, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Record<string, unknown>>
}

export const memberNames: readonly string[] = Object.keys(members)

export function operationOf(
  input: NormalizedSchema,
  output = input,
  service: Partial<ServiceShape> = {},
): OperationShape {
  return {
    name: "DoEverything",
    http: undefined,
    input,
    output,
    service: {
      version: "2020-01-01",
      xmlNamespace: "https://example.com/doc/",
      namespace,
      error: () => undefined,
      ...service,
    },
  }
}
