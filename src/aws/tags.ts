import { compareStrings } from "../base/ordering.ts"
import type { Conditions } from "./authorizer.ts"
import type { Fault } from "./fault.ts"

/** A label that a caller puts on a resource. Keys are told apart by case. */
export interface Tag {
  readonly key: string
  readonly value: string
}

/** A tag as the SDK's types have it, before anyone has looked whether it is all there. */
export interface SentTag {
  readonly key?: string | undefined
  readonly value?: string | undefined
}

/** Most services write their tags in capitals. */
export interface CapitalTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** What a service allows, where it is not what most of AWS does, and what it says to the rest. */
export interface TagRules {
  /** On one resource; those that AWS put there itself do not count. */
  readonly countMax?: number
  readonly keyLengthMax?: number
  readonly valueLengthMax?: number

  /** What a tag without a value has; undefined where a tag must have one. */
  readonly valueByDefault?: string
  readonly refuse: (problem: TagProblem, tag: SentTag) => Fault
}

export type TagProblem =
  | "too many"
  | "no key"
  | "no value"
  | "key too long"
  | "value too long"
  | "invalid key"
  | "invalid value"
  | "reserved key"
  | "key twice"

const COUNT_MAX = 50
const KEY_LENGTH_MAX = 128
const VALUE_LENGTH_MAX = 256
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** The tags in the order in which they were sent, once they are known to be good. */
export function checkTags(sent: readonly SentTag[], rules: TagRules): readonly Tag[] {
  const keys = new Set<string>()
  const tags = sent.map((given) => {
    const tag = checkTag(given, rules)
    if (keys.has(tag.key)) throw rules.refuse("key twice", tag)
    keys.add(tag.key)
    return tag
  })
  checkCount(tags, rules)
  return tags
}

/** What a resource has once these are added. A key that is there already keeps its place and takes the new value. */
export function addTags(present: readonly Tag[], added: readonly Tag[], rules: TagRules): readonly Tag[] {
  const values = new Map([...present, ...added].map(({ key, value }) => [key, value]))
  const tags = Array.from(values, ([key, value]) => ({ key, value }))
  checkCount(tags, rules)
  return tags
}

/** What a resource has once these keys are gone; one that it does not have makes no difference. */
export function removeTags(present: readonly Tag[], keys: readonly string[], rules: TagRules): readonly Tag[] {
  const reserved = keys.find(isReserved)
  if (reserved !== undefined) throw rules.refuse("reserved key", { key: reserved })
  const removed = new Set(keys)
  return present.filter(({ key }) => !removed.has(key))
}

/** For services that show tags in the order of their keys. */
export function tagsByKey(tags: readonly Tag[]): readonly Tag[] {
  return tags.toSorted((a, b) => compareStrings(a.key, b.key))
}

export function fromCapitals(tags: readonly CapitalTag[]): readonly SentTag[] {
  return tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
}

export function inCapitals(tags: readonly Tag[]): { Key: string; Value: string }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }))
}

/** What policies may ask of the tags that a request brings. */
export function requestTagConditions(tags: readonly Tag[]): Conditions {
  const values = Object.fromEntries(tags.map(({ key, value }) => [`aws:RequestTag/${key}`, value]))
  return tags.length === 0 ? {} : { ...values, "aws:TagKeys": tags.map(({ key }) => key) }
}

/** What policies may ask of the tags that a resource has. Some services have a key of their own for it beside everyone's. */
export function resourceTagConditions(tags: readonly Tag[], ...services: readonly string[]): Conditions {
  const prefixes = ["aws", ...services]
  return Object.fromEntries(
    tags.flatMap(({ key, value }) => prefixes.map((prefix) => [`${prefix}:ResourceTag/${key}`, value])),
  )
}

function checkTag(sent: SentTag, rules: TagRules): Tag {
  const { keyLengthMax = KEY_LENGTH_MAX, valueLengthMax = VALUE_LENGTH_MAX, valueByDefault, refuse } = rules
  const { key, value = valueByDefault } = sent
  if (key === undefined || key === "") throw refuse("no key", sent)
  if (value === undefined) throw refuse("no value", sent)
  if (isLonger(key, keyLengthMax)) throw refuse("key too long", sent)
  if (isLonger(value, valueLengthMax)) throw refuse("value too long", sent)
  if (!CHARACTERS.test(key)) throw refuse("invalid key", sent)
  if (!CHARACTERS.test(value)) throw refuse("invalid value", sent)
  if (isReserved(key)) throw refuse("reserved key", sent)
  return { key, value }
}

function checkCount(tags: readonly Tag[], { countMax = COUNT_MAX, refuse }: TagRules): void {
  const own = tags.filter(({ key }) => !isReserved(key))
  if (own.length > countMax) throw refuse("too many", own[countMax]!)
}

/** Keys of AWS's own begin so, however they are capitalised. */
function isReserved(key: string): boolean {
  return key.slice(0, 4).toLowerCase() === "aws:"
}

/** In characters as people count them, which may take two of JavaScript's. */
function isLonger(text: string, lengthMax: number): boolean {
  return text.length > lengthMax && (text.length > 2 * lengthMax || [...text].length > lengthMax)
}
