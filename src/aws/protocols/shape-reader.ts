import type { NormalizedSchema } from "@smithy/core/schema"
import { malformedFault } from "./malformed.ts"
import { Once } from "./once.ts"

/** Makes the value that handlers see from what a parser left: objects, lists, strings and numbers. */
export type Read = (value: unknown, depth: number) => unknown

/** What JSON and CBOR each do their own way: simple values, and the names of members. */
export interface Notation {
  simple(schema: NormalizedSchema): Read
  memberName(schema: NormalizedSchema): string
}

/** Deeper than any shape of AWS goes, and far from where the stack ends. */
const DEPTH_MAX = 128

/**
 * Readers of a notation, one per shape. A structure looks at its members when it is first read, so that shapes that
 * contain themselves need no care, and the many that no one sends cost nothing.
 */
export function shapeReaders(notation: Notation): (schema: NormalizedSchema) => Read {
  const structures = new Once(structure)

  function readerOf(schema: NormalizedSchema): Read {
    if (schema.isStructSchema()) return structures.of(schema)
    if (schema.isListSchema()) return list(schema)
    if (schema.isMapSchema()) return map(schema)
    if (schema.isUnitSchema()) return () => ({})
    if (schema.isDocumentSchema()) return readDocument
    return notation.simple(schema)
  }

  function structure(schema: NormalizedSchema): Read {
    const isUnion = schema.isUnionSchema()
    let members: Map<string, Member> | undefined

    return (value, depth) => {
      members ??= new Map(
        [...schema.structIterator()].map(([name, member]) => [
          notation.memberName(member),
          { name, read: readerOf(member) },
        ]),
      )
      if (!isObject(value)) throw unexpected(value, "Expected null")
      const next = deeper(depth)
      const result: Record<string, unknown> = {}
      for (const key in value) {
        const sent = value[key]
        // A null is the same as nothing, and members that the shape does not have are passed over, as on AWS.
        if (sent === null || sent === undefined) continue
        const member = members.get(key)
        if (member !== undefined) result[member.name] = member.read(sent, next)
      }
      return isUnion ? onlyMember(result, value, next) : result
    }
  }

  function list(schema: NormalizedSchema): Read {
    const isSparse = Boolean(schema.getMergedTraits().sparse)
    let item: Read | undefined

    return (value, depth) => {
      item ??= readerOf(schema.getValueSchema())
      if (!Array.isArray(value)) throw unexpected(value, "Expected list or null")
      const next = deeper(depth)
      const result: unknown[] = []
      for (const sent of value) {
        if (sent !== null && sent !== undefined) result.push(item(sent, next))
        else if (isSparse) result.push(null)
      }
      return result
    }
  }

  function map(schema: NormalizedSchema): Read {
    const isSparse = Boolean(schema.getMergedTraits().sparse)
    let item: Read | undefined

    return (value, depth) => {
      item ??= readerOf(schema.getValueSchema())
      if (!isObject(value)) throw unexpected(value, "Expected map or null")
      const next = deeper(depth)
      const result: Record<string, unknown> = {}
      for (const key in value) {
        const sent = value[key]
        if (sent !== null && sent !== undefined) setOwn(result, key, item(sent, next))
        else if (isSparse) setOwn(result, key, null)
      }
      return result
    }
  }

  return readerOf
}

interface Member {
  readonly name: string
  readonly read: Read
}

/** A key may be any text that a caller likes, `__proto__` too, which must become a key like the others. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}

/** What was sent instead of the type that the shape has, in the words of AWS's parser. */
export function unexpected(value: unknown, expected: string) {
  if (Array.isArray(value)) return malformedFault("Start of list found where not expected")
  if (isObject(value)) return malformedFault("Start of structure or map found where not expected.")
  return malformedFault(expected)
}

/** As in `NUMBER_VALUE can not be converted to a String`. */
export function notConvertible(value: unknown, to: string) {
  return unexpected(value, `${token(value)} can not be converted to ${to}`)
}

function token(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "STRING_VALUE"
    case "boolean":
      return value ? "TRUE_VALUE" : "FALSE_VALUE"
    case "number":
    case "bigint":
      return "NUMBER_VALUE"
    default:
      return "EMBEDDED_OBJECT_VALUE"
  }
}

/** Only what a parser makes of an object or map: not a list, nor the bytes, moments and numbers that CBOR knows. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Exactly one member must be there. One that the shape does not know is kept as the SDK's types have it. */
function onlyMember(
  result: Record<string, unknown>,
  sent: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const known = Object.keys(result).length
  if (known === 1) return result
  const others = Object.keys(sent).filter((key) => key !== "__type" && sent[key] !== null && sent[key] !== undefined)
  if (known === 0 && others.length === 1) return { $unknown: [others[0], readDocument(sent[others[0]!], depth)] }
  throw malformedFault("A union must have exactly one member")
}

/** A document is as it was sent. It is only walked to see that it does not go too deep for those who read it later. */
function readDocument(value: unknown, depth: number): unknown {
  if (typeof value === "object" && value !== null) {
    const next = deeper(depth)
    for (const part of Object.values(value)) readDocument(part, next)
  }
  return value
}

function deeper(depth: number): number {
  if (depth >= DEPTH_MAX) throw malformedFault("The value is nested too deeply")
  return depth + 1
}
