import type { NormalizedSchema } from "@smithy/core/schema"
import { Once } from "./once.ts"
import { textWriter } from "./text-values.ts"
import { escapeAttribute, escapeText } from "./xml.ts"

/** Writes a value as XML: an element, or what stands between an element's tags. */
export type WriteXml = (value: unknown) => string

/** What stands between the tags of a structure, which the caller writes. */
export function xmlContents(schema: NormalizedSchema): WriteXml {
  return structures.of(schema).content
}

/** A whole element under this name, in the namespace that the shape says or else in this one. */
export function xmlElement(schema: NormalizedSchema, name: string, xmlns = ""): WriteXml {
  const start = `<${name}${namespaceOf(schema) || xmlnsOf(xmlns)}`
  const end = `</${name}>`
  if (schema.isStructSchema()) {
    const { attributes, content } = structures.of(schema)
    return (value) => `${start}${attributes(value)}>${content(value)}${end}`
  }
  const content = contentOf(schema)
  return (value) => `${start}>${content(value)}${end}`
}

interface Structure {
  readonly attributes: WriteXml
  readonly content: WriteXml
}

type Members = Readonly<Record<string, unknown>>

const structures = new Once(structure)

/** A structure looks at its members when it is first written, so that shapes that contain themselves need no care. */
function structure(schema: NormalizedSchema): Structure {
  let attributes: Map<string, WriteXml> | undefined
  let elements: Map<string, WriteXml> | undefined

  return {
    attributes(value) {
      attributes ??= membersOf(schema, true, attribute)
      return joined(attributes, value as Members)
    },
    content(value) {
      elements ??= membersOf(schema, false, memberElement)
      return joined(elements, value as Members)
    },
  }
}

function membersOf(schema: NormalizedSchema, areAttributes: boolean, write: (member: NormalizedSchema) => WriteXml) {
  const members = [...schema.structIterator()].filter(
    ([, member]) => Boolean(member.getMergedTraits().xmlAttribute) === areAttributes,
  )
  return new Map(members.map(([name, member]) => [name, write(member)]))
}

function joined(members: ReadonlyMap<string, WriteXml>, value: Members): string {
  let xml = ""
  for (const [name, write] of members) {
    const item = value[name]
    if (item !== undefined && item !== null) xml += write(item)
  }
  return xml
}

function attribute(member: NormalizedSchema): WriteXml {
  const text = textWriter(member, "date-time")
  const name = wireName(member)
  return (value) => ` ${name}="${escapeAttribute(text(value))}"`
}

/** A flattened list or map has no element of its own: its items stand where it would, each under its name. */
function memberElement(member: NormalizedSchema): WriteXml {
  const name = wireName(member)
  if (member.getMergedTraits().xmlFlattened) {
    if (member.isListSchema()) return items(member, name)
    if (member.isMapSchema()) return entries(member, name)
  }
  return xmlElement(member, name)
}

function contentOf(schema: NormalizedSchema): WriteXml {
  if (schema.isListSchema()) return items(schema, schema.getValueSchema().getMergedTraits().xmlName ?? "member")
  if (schema.isMapSchema()) return entries(schema, "entry")
  const text = textWriter(schema, "date-time")
  return (value) => escapeText(text(value))
}

function items(list: NormalizedSchema, name: string): WriteXml {
  const item = lazy(() => xmlElement(list.getValueSchema(), name))
  return (value) => {
    let xml = ""
    for (const one of value as Iterable<unknown>) {
      if (one !== undefined && one !== null) xml += item(one)
    }
    return xml
  }
}

function entries(map: NormalizedSchema, name: string): WriteXml {
  const key = xmlElement(map.getKeySchema(), wireName(map.getKeySchema()))
  const item = lazy(() => xmlElement(map.getValueSchema(), wireName(map.getValueSchema())))
  return (value) => {
    let xml = ""
    for (const [own, one] of Object.entries(value as Members)) {
      if (one !== undefined && one !== null) xml += `<${name}>${key(own)}${item(one)}</${name}>`
    }
    return xml
  }
}

function lazy(make: () => WriteXml): WriteXml {
  let write: WriteXml | undefined
  return (value) => {
    write ??= make()
    return write(value)
  }
}

/** A structure's own name does not follow it into the members that are of its shape. */
export function wireName(member: NormalizedSchema): string {
  return member.getMemberTraits().xmlName ?? member.getMemberName()
}

function namespaceOf(schema: NormalizedSchema): string {
  const [prefix, uri] = (schema.getMergedTraits().xmlNamespace ?? []) as [prefix?: string, uri?: string]
  return xmlnsOf(uri, prefix)
}

/** The declaration of a namespace as it stands in a tag; nothing where there is none. */
export function xmlnsOf(uri: string | undefined, prefix?: string): string {
  if (!uri) return ""
  return ` xmlns${prefix ? `:${prefix}` : ""}="${escapeAttribute(uri)}"`
}
