import { cbor } from "@smithy/core/cbor"
import fc from "fast-check"
import { decodeCbor } from "../../src/aws/protocols/cbor-decode.ts"
import type { WholeRequest } from "./mutation.ts"

/** What could stand in the place of any value. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  "",
  "a",
  "enabled",
  "1",
  "2026-01-01T00:00:00Z",
  "arn:aws:ecs:us-east-1:111122223333:cluster/shop",
  "arn:",
  "x".repeat(300),
  0,
  -1,
  1.5,
  1e21,
  [],
  {},
  [null],
  [[]],
  ["a", 1, {}],
  [{ key: null }],
  JSON.parse('{ "__proto__": { "key": "a" } }'),
]

const ODD_NAMES = ["", "a", "__proto__", "constructor", "member", "member.1", ".1", "x.1.y"]

/** Puts an odd value, or an odd name, in one place of a body that can be read, so that it can be read still. */
export function reshapedBody(): fc.Arbitrary<(request: WholeRequest) => WholeRequest> {
  return fc
    .tuple(
      fc.nat(10_000),
      fc.constantFrom(...ODD_VALUES),
      fc.option(fc.constantFrom(...ODD_NAMES), { nil: undefined, freq: 4 }),
    )
    .map(([place, value, name]) => (request) => ({ ...request, body: reshape(request, { place, value, name }) }))
}

interface Change {
  /** Counted through the body, and round again. */
  readonly place: number
  readonly value: unknown

  /** Changes a name instead of a value. */
  readonly name: string | undefined
}

function reshape({ headers, body }: WholeRequest, change: Change): Uint8Array {
  const type = headers["content-type"] ?? ""
  const text = Buffer.from(body).toString("utf8")
  try {
    if (type.includes("json")) return Buffer.from(JSON.stringify(inTree(JSON.parse(text), change)))
    if (type.includes("cbor")) return cbor.serialize(inTree(decodeCbor(body), change))
  } catch {
    // Something else has spoilt it before.
    return body
  }
  if (type.includes("form")) return Buffer.from(inForm(text, change))
  return Buffer.from(inXml(text, change))
}

function inTree(tree: unknown, change: Change): unknown {
  const count = sizeOf(tree)
  let left = change.place % count
  const visit = (value: unknown): unknown => {
    if (left-- === 0 && change.name === undefined) return change.value
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(visit)
    if (Object.getPrototypeOf(value) !== Object.prototype) return value
    const renamed = (name: string) => (left === 0 && change.name !== undefined ? change.name : name)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [renamed(name), visit(each)]))
  }
  return visit(tree)
}

function sizeOf(tree: unknown): number {
  if (typeof tree !== "object" || tree === null) return 1
  return Object.values(tree).reduce((sum: number, each) => sum + sizeOf(each), 1)
}

function inForm(text: string, { place, value, name }: Change): string {
  const parameters = text.split("&")
  const at = place % parameters.length
  const [before = "", ...rest] = parameters[at]!.split("=")
  const changed =
    name === undefined ? `${before}=${encodeURIComponent(String(value))}` : `${before}.${name}=${rest.join("=")}`
  return parameters.with(at, changed).join("&")
}

function inXml(text: string, { place, value, name }: Change): string {
  const pieces = text.split(/(<[^>]*>)/)
  const at = place % pieces.length
  const piece = pieces[at]!
  if (name === undefined) return pieces.with(at, piece.startsWith("<") ? "" : String(value)).join("")
  return pieces.with(at, piece.replace(/[\w-]+/, name)).join("")
}
