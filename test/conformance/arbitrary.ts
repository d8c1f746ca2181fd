import type { NormalizedSchema } from "@smithy/core/schema"
import { NumericValue } from "@smithy/core/serde"
import fc from "fast-check"

type Members = Record<string, unknown>

/** What a wire form can carry. A form with no way to write an empty list, say, is not asked to. */
export interface Limits {
  /** XML has no control characters, and its readers may trim. */
  readonly text: fc.Arbitrary<string>
  readonly hasEmptyCollections: boolean

  /** Members that an SDK client gives a meaning of its own, so that what it sends is not what it was given. */
  readonly omitted: ReadonlySet<string>

  /** Members that a client looks into before it sends anything. */
  readonly fixed?: Readonly<Record<string, string>>
}

const ANY_TEXT = fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.constantFrom("constructor", 'a"b\\c'))
const XML_CHARACTERS = fc.constantFrom(..."aZ0-_./:~<>&'\"{}=+%#é漢😀")
const XML_TEXT = fc.string({ unit: XML_CHARACTERS, minLength: 1, maxLength: 12 })
const HEADER_TEXT = fc.string({ unit: fc.constantFrom(..."aZ0-_./:~=+"), minLength: 1, maxLength: 12 })

export const JSON_LIMITS: Limits = { text: ANY_TEXT, hasEmptyCollections: true, omitted: new Set() }
export const XML_LIMITS: Limits = { text: XML_TEXT, hasEmptyCollections: false, omitted: new Set() }

/** Below this depth only what must be there is made, so that shapes which contain themselves come to an end. */
const DEPTH_MAX = 3

/** Values of a shape: what a caller could send, a handler could answer, or an error could hold. */
export function membersOf(schema: NormalizedSchema, limits: Limits): fc.Arbitrary<Members> {
  if (schema.isUnitSchema()) return fc.constant({})
  return structureOf(schema, limits, 0)
}

function structureOf(schema: NormalizedSchema, limits: Limits, depth: number): fc.Arbitrary<Members> {
  const members = [...schema.structIterator()].filter(([name]) => !limits.omitted.has(name))
  if (schema.isUnionSchema()) {
    // The first variants of a union that contains itself are its plain ones.
    const variants = depth < DEPTH_MAX ? members : members.slice(0, 1)
    return fc.oneof(
      ...variants.map(([name, member]) => anyOf(member, limits, depth + 1).map((value) => ({ [name]: value }))),
    )
  }

  const required = new Set(requiredNames(schema))
  const needed = members.filter(([name, member]) => required.has(name) || isAlwaysThere(member))
  // A structure inside another that has nothing in it cannot be told from none where forms are flat.
  if (needed.length === 0 && depth > 0 && !limits.hasEmptyCollections) needed.push(...plainest(members))
  const made = depth < DEPTH_MAX ? members : needed

  const arbitraries = made.map((entry) => {
    const value = anyOf(entry[1], limits, depth + 1)
    return needed.includes(entry) ? value : fc.option(value, { nil: undefined, freq: depth === 0 ? 2 : 1 })
  })
  return fc.tuple(...arbitraries).map((values) => {
    const entries = values.map((value, index) => [made[index]![0], value] as const)
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  })
}

/** A client makes up a token that it was not given, and returns a payload or metadata even where there is none. */
function isAlwaysThere(member: NormalizedSchema): boolean {
  const { httpLabel, httpPayload, httpPrefixHeaders } = member.getMergedTraits()
  return member.isIdempotencyToken() || member.isStreaming() || Boolean(httpLabel || httpPayload || httpPrefixHeaders)
}

/** A member that ends here, if there is one. */
function plainest(members: readonly [string, NormalizedSchema][]): readonly [string, NormalizedSchema][] {
  const plain = members.find(([, member]) => !member.isStructSchema() && !member.isListSchema())
  return plain === undefined ? members.slice(0, 1) : [plain]
}

function anyOf(schema: NormalizedSchema, limits: Limits, depth: number): fc.Arbitrary<unknown> {
  if (isEventStream(schema)) return fc.array(eventOf(schema, limits), { maxLength: 3 })
  if (schema.isStructSchema()) return fc.constant(null).chain(() => structureOf(schema, limits, depth))
  // An empty list has no parameter in a query.
  const minLength = limits.hasEmptyCollections && schema.getMergedTraits().httpQuery === undefined ? 0 : 1
  const maxLength = depth > DEPTH_MAX ? minLength : 2
  if (schema.isListSchema()) {
    return fc
      .constant(null)
      .chain(() =>
        fc.array(anyOf(schema.getValueSchema(), within(schema, limits), depth + 1), { minLength, maxLength }),
      )
  }
  if (schema.isMapSchema()) {
    const keys = schema.getMergedTraits().httpPrefixHeaders === undefined ? limits.text : fc.constantFrom("a", "b-c")
    const values = fc.constant(null).chain(() => anyOf(schema.getValueSchema(), within(schema, limits), depth + 1))
    return fc.dictionary(keys, values, { minKeys: minLength, maxKeys: maxLength, noNullPrototype: true })
  }
  return simpleValue(schema, limits)
}

/** What stands in a header can be only what headers can hold. */
function within(schema: NormalizedSchema, limits: Limits): Limits {
  const { httpHeader, httpPrefixHeaders } = schema.getMergedTraits()
  return httpHeader === undefined && httpPrefixHeaders === undefined ? limits : { ...limits, text: HEADER_TEXT }
}

function simpleValue(schema: NormalizedSchema, limits: Limits): fc.Arbitrary<unknown> {
  const fixed = limits.fixed?.[schema.getMemberName()]
  if (fixed !== undefined) return fc.constant(fixed)
  const { httpHeader, httpLabel, httpResponseCode, eventHeader, mediaType } = schema.getMergedTraits()
  if (httpResponseCode) return fc.integer({ min: 200, max: 299 })
  if (schema.isNumericSchema()) return eventHeader ? fc.integer() : NUMBER
  if (schema.isBooleanSchema()) return fc.boolean()
  if (schema.isTimestampSchema()) return httpHeader === undefined && schema.getSchema() !== 6 ? MOMENT : SECOND
  if (schema.isBlobSchema()) return fc.uint8Array({ minLength: limits.hasEmptyCollections ? 0 : 1, maxLength: 12 })
  if (schema.isDocumentSchema()) return DOCUMENT
  if (schema.isBigIntegerSchema()) return fc.bigInt()
  if (schema.isBigDecimalSchema()) return fc.integer().map((whole) => new NumericValue(`${whole}.5`, "bigDecimal"))
  if (mediaType !== undefined) return fc.json()
  if (httpLabel) return XML_TEXT
  return within(schema, limits).text
}

/** Neither JSON nor XML keeps the sign of a zero, and SDK clients make BigInts of numbers past the safe ones. */
const NUMBER = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, min: -(2 ** 52), max: 2 ** 52 }).map((value) => value + 0),
)
const MOMENT = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
const SECOND = MOMENT.map((moment) => new Date(Math.floor(moment.getTime() / 1000) * 1000))
const DOCUMENT = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)))

/** What a stream carries while all is well; its errors end it. */
function eventOf(union: NormalizedSchema, limits: Limits): fc.Arbitrary<Members> {
  const events = [...union.structIterator()].filter(([, member]) => !("error" in member.getMergedTraits()))
  return fc.oneof(...events.map(([name, event]) => structureOf(event, limits, 1).map((value) => ({ [name]: value }))))
}

/** Generated as a list; whoever sends it makes a stream of that. */
function isEventStream(schema: NormalizedSchema): boolean {
  return schema.isStructSchema() && schema.isStreaming()
}

/** An SDK lists a shape's required members first and says how many they are. */
export function requiredNames(schema: NormalizedSchema): readonly string[] {
  const shape = schema.getSchema() as unknown as { readonly 4: readonly string[]; readonly 6?: number }
  return shape[4].slice(0, shape[6] ?? 0)
}
