import type { NormalizedSchema } from "@smithy/core/schema"
import { Fault } from "../fault.ts"
import { Once } from "./once.ts"
import { setOwn } from "./shape-reader.ts"
import { textReader } from "./text-values.ts"
import type { XmlElement } from "./xml.ts"
import { wireName } from "./xml-writer.ts"

/** Makes the value that handlers see from an element. How deep it goes is bounded by the document that it is read from. */
export type ReadXml = (element: XmlElement) => unknown

/**
 * Reads elements by their shape, and refuses what the shape does not have, as S3 does: what is passed over in silence
 * might be the rule that keeps someone's data.
 */
export function xmlReader(schema: NormalizedSchema): ReadXml {
  if (schema.isStructSchema()) return structures.of(schema)
  if (schema.isListSchema()) return list(schema)
  if (schema.isMapSchema()) return map(schema)
  return simple(schema)
}

/** What S3 says to a document that is not XML, or not the one that belongs here. */
export function malformedXml(): Fault {
  return new Fault(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  )
}

type Members = Record<string, unknown>
type AddTo = (value: Members, element: XmlElement) => void

const structures = new Once(structure)

/** A structure looks at its members when it is first read, so that shapes that contain themselves need no care. */
function structure(schema: NormalizedSchema): ReadXml {
  const isUnion = schema.isUnionSchema()
  let attributes: ReadonlyMap<string, { name: string; read: (text: string) => unknown }> | undefined
  let elements: ReadonlyMap<string, AddTo> | undefined

  return (element) => {
    attributes ??= new Map(
      members(schema, true).map(([name, member]) => [wireName(member), { name, read: textReader(member) }]),
    )
    elements ??= new Map(members(schema, false).map(([name, member]) => [wireName(member), addMember(name, member)]))
    if (element.text.trim() !== "") throw malformedXml()

    const value: Members = {}
    for (const [name, text] of element.attributes) {
      // Namespaces and the like stand among them, which are for the reader of the XML and not for us.
      const attribute = attributes.get(name)
      if (attribute !== undefined) value[attribute.name] = checked(attribute.read, text)
    }
    for (const child of element.children) {
      const add = elements.get(child.name)
      if (add === undefined) throw malformedXml()
      add(value, child)
    }
    if (isUnion && Object.keys(value).length !== 1) throw malformedXml()
    return value
  }
}

function members(schema: NormalizedSchema, areAttributes: boolean): [string, NormalizedSchema][] {
  return [...schema.structIterator()].filter(
    ([, member]) => Boolean(member.getMergedTraits().xmlAttribute) === areAttributes,
  )
}

/** A flattened list or map has no element of its own: each of its items adds to it. */
function addMember(name: string, member: NormalizedSchema): AddTo {
  const isFlat = Boolean(member.getMergedTraits().xmlFlattened)
  if (isFlat && member.isListSchema()) {
    const read = xmlReader(member.getValueSchema())
    return (value, element) => {
      value[name] ??= []
      ;(value[name] as unknown[]).push(read(element))
    }
  }
  if (isFlat && member.isMapSchema()) {
    const add = addEntry(member)
    return (value, element) => {
      value[name] ??= {}
      add(value[name] as Members, element)
    }
  }
  const read = xmlReader(member)
  return (value, element) => {
    if (value[name] !== undefined) throw malformedXml()
    value[name] = read(element)
  }
}

function list(schema: NormalizedSchema): ReadXml {
  const item = schema.getValueSchema()
  const itemName = item.getMergedTraits().xmlName ?? "member"
  let read: ReadXml | undefined
  return (element) => {
    read ??= xmlReader(item)
    const value: unknown[] = []
    for (const child of childrenOf(element)) {
      if (child.name !== itemName) throw malformedXml()
      value.push(read(child))
    }
    return value
  }
}

function map(schema: NormalizedSchema): ReadXml {
  let add: AddTo | undefined
  return (element) => {
    add ??= addEntry(schema)
    const value: Members = {}
    for (const child of childrenOf(element)) {
      if (child.name !== "entry") throw malformedXml()
      add(value, child)
    }
    return value
  }
}

function addEntry(schema: NormalizedSchema): AddTo {
  const keyName = wireName(schema.getKeySchema())
  const valueName = wireName(schema.getValueSchema())
  const read = xmlReader(schema.getValueSchema())
  return (value, entry) => {
    const [first, second, ...others] = childrenOf(entry)
    const [key, item] = first?.name === keyName ? [first, second] : [second, first]
    if (key?.name !== keyName || item?.name !== valueName || others.length > 0) throw malformedXml()
    setOwn(value, textOf(key), read(item))
  }
}

function simple(schema: NormalizedSchema): ReadXml {
  if (schema.isStringSchema()) return textOf
  const read = textReader(schema)
  return (element) => checked(read, textOf(element).trim())
}

function textOf({ children, text }: XmlElement): string {
  if (children.length > 0) throw malformedXml()
  return text
}

function childrenOf({ children, text }: XmlElement): readonly XmlElement[] {
  if (text.trim() !== "") throw malformedXml()
  return children
}

/** What is wrong with a text is the same everywhere; what a caller is told of it is not. */
function checked(read: (text: string) => unknown, text: string): unknown {
  try {
    return read(text)
  } catch (error) {
    throw error instanceof Fault ? malformedXml() : error
  }
}
