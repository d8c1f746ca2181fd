import type { NormalizedSchema } from "@smithy/core/schema"
import type { BodyCodec } from "./body-codec.ts"
import { readXml, type XmlElement, XmlError } from "./xml.ts"
import { malformedXml, xmlReader } from "./xml-reader.ts"
import { type WriteXml, wireName, xmlElement, xmlnsOf } from "./xml-writer.ts"

/** Bodies of XML, whose root is named for its shape, or as the shape says. What is written is in the service's namespace. */
export function xmlCodec(xmlNamespace: string): BodyCodec {
  const readers = new WeakMap<NormalizedSchema, (body: Uint8Array) => unknown>()
  const writers = new WeakMap<NormalizedSchema, WriteXml>()

  return {
    contentType: "application/xml",
    reader: (schema) => kept(readers, schema, bodyReader),
    writer: (schema) => kept(writers, schema, () => bodyWriter(schema, xmlNamespace)),
  }
}

/** By member and not by shape: two payloads may be of one shape and yet have two names. */
function kept<T>(
  known: WeakMap<NormalizedSchema, T>,
  schema: NormalizedSchema,
  make: (schema: NormalizedSchema) => T,
): T {
  const made = known.get(schema) ?? make(schema)
  known.set(schema, made)
  return made
}

function bodyReader(schema: NormalizedSchema): (body: Uint8Array) => unknown {
  const name = rootName(schema)
  const read = xmlReader(schema)
  return (body) => {
    const root = parse(body)
    if (root.name !== name) throw malformedXml()
    return read(root)
  }
}

function parse(body: Uint8Array): XmlElement {
  try {
    return readXml(body)
  } catch (error) {
    throw error instanceof XmlError ? malformedXml() : error
  }
}

function bodyWriter(schema: NormalizedSchema, xmlNamespace: string): WriteXml {
  const name = rootName(schema)
  const write = unwrapped(schema, name, xmlNamespace) ?? xmlElement(schema, name, xmlNamespace)
  return (value) => `${XML_DECLARATION}${write(value)}`
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** S3's GetBucketLocation has no root around its one member: a structure that is named as its member is that member. */
function unwrapped(schema: NormalizedSchema, name: string, xmlNamespace: string): WriteXml | undefined {
  if (!schema.isStructSchema()) return undefined
  const [[own, member] = [], ...others] = schema.structIterator()
  if (own === undefined || member === undefined || others.length > 0) return undefined
  if (wireName(member) !== name || !member.isStringSchema()) return undefined
  const write = xmlElement(member, name, xmlNamespace)
  return (value) => {
    const text = (value as Record<string, unknown>)[own]
    return text === undefined || text === null ? `<${name}${xmlnsOf(xmlNamespace)}/>` : write(text)
  }
}

function rootName(schema: NormalizedSchema): string {
  return schema.getMergedTraits().xmlName ?? schema.getName() ?? ""
}
