import type { NormalizedSchema } from "@smithy/core/schema"
import { Fault } from "../fault.ts"
import type { Body, HttpRequest } from "../http.ts"
import { type Field, FormError, readRequestForm } from "./form.ts"
import { Once } from "./once.ts"
import type { OperationShape } from "./protocol.ts"
import { missingMembers } from "./required.ts"
import { setOwn } from "./shape-reader.ts"
import { textReader } from "./text-values.ts"

/** Makes the value that handlers see from a field and those below it. */
type ReadField = (field: Field) => unknown

/** What the two query protocols each do their own way: names, lists, and what they say to a caller who is wrong. */
export interface FormStyle {
  /** The name under which a member of a structure stands, or a map's keys and values. */
  memberName(member: NormalizedSchema): string

  /** The name between a list's and its numbers, as in `Tags.member.1`; undefined where the numbers follow at once. */
  itemName(list: NormalizedSchema): string | undefined

  /** For a parameter that the shape does not have; undefined passes over it. */
  unknown(field: Field): Fault | undefined
  refuse(field: Field, complaint: Complaint): Fault

  /** For a request that is no form at all. */
  malformed(message: string): Fault

  /** For an input without these members, where the service has no words of its own. */
  missing(paths: readonly string[]): Fault
}

export type Complaint =
  | "not a boolean"
  | "not a number"
  | "not a timestamp"
  | "not a blob"
  | "a value where members belong"
  | "members where a value belongs"
  | "not numbered as a list"
  | "an entry without a key"
  | "not one member of a union"

/** How a protocol of this style reads an operation's input. */
export function formInputs(style: FormStyle) {
  const readerOf = formReaders(style)

  return (operation: OperationShape, request: HttpRequest, body: Body): Record<string, unknown> => {
    const input = readerOf(operation.input)(parameters(request, body)) as Record<string, unknown>
    const missing = missingMembers(operation.input, input)
    if (missing.length > 0) {
      const { service } = operation
      const refusal = service.missing === undefined ? style.missing(missing) : service.missing(missing)
      if (refusal !== undefined) throw refusal
    }
    return input
  }

  function parameters(request: HttpRequest, body: Body): Field {
    try {
      return readRequestForm(request, body)
    } catch (error) {
      throw error instanceof FormError ? style.malformed(error.message) : error
    }
  }
}

/**
 * Readers of one style, one per shape. A structure looks at its members when it is first read, so that shapes that
 * contain themselves need no care. How deep a value goes is bounded by the form that it is read from.
 */
function formReaders(style: FormStyle): (schema: NormalizedSchema) => ReadField {
  const structures = new Once(structure)

  function readerOf(schema: NormalizedSchema): ReadField {
    if (schema.isStructSchema()) return structures.of(schema)
    if (schema.isListSchema()) return list(schema)
    if (schema.isMapSchema()) return map(schema)
    if (schema.isUnitSchema()) return () => ({})
    return simple(schema)
  }

  function structure(schema: NormalizedSchema): ReadField {
    const isUnion = schema.isUnionSchema()
    let members: ReadonlyMap<string, { name: string; read: ReadField }> | undefined

    return (field) => {
      members ??= new Map(
        [...schema.structIterator()].map(([name, member]) => [
          style.memberName(member),
          { name, read: readerOf(member) },
        ]),
      )
      const value: Record<string, unknown> = {}
      let count = 0
      for (const [segment, below] of membersOf(field)) {
        const member = members.get(segment)
        if (member !== undefined) {
          value[member.name] = member.read(below)
          count++
          continue
        }
        const refusal = style.unknown(below)
        if (refusal !== undefined) throw refusal
      }
      if (isUnion && count !== 1) throw style.refuse(field, "not one member of a union")
      return value
    }
  }

  function list(schema: NormalizedSchema): ReadField {
    const itemName = style.itemName(schema)
    let read: ReadField | undefined

    return (field) => {
      read ??= readerOf(schema.getValueSchema())
      const value: unknown[] = []
      for (const item of numbered(field, itemName)) value.push(read(item))
      return value
    }
  }

  function map(schema: NormalizedSchema): ReadField {
    const entryName = schema.getMergedTraits().xmlFlattened ? undefined : "entry"
    const keyName = style.memberName(schema.getKeySchema())
    const valueName = style.memberName(schema.getValueSchema())
    let read: ReadField | undefined

    return (field) => {
      read ??= readerOf(schema.getValueSchema())
      const value: Record<string, unknown> = {}
      for (const entry of numbered(field, entryName)) {
        const key = entry.members?.get(keyName)?.value
        if (key === undefined) throw style.refuse(entry, "an entry without a key")
        // A structure without members leaves nothing behind in a form.
        const sent = entry.members!.get(valueName) ?? {
          path: `${entry.path}.${valueName}`,
          value: undefined,
          members: undefined,
        }
        setOwn(value, key, read(sent))
      }
      return value
    }
  }

  function simple(schema: NormalizedSchema): ReadField {
    if (schema.isStringSchema()) return textOf
    const read = schema.isBooleanSchema() ? readBoolean : textReader(schema)
    const complaint = complaintAbout(schema)
    return (field) => {
      const text = textOf(field)
      try {
        return read(text)
      } catch (error) {
        // What is wrong with a text is the same everywhere; what a caller is told of it is not.
        throw error instanceof Fault ? style.refuse(field, complaint) : error
      }
    }
  }

  function textOf(field: Field): string {
    if (field.value === undefined || field.members !== undefined)
      throw style.refuse(field, "members where a value belongs")
    return field.value
  }

  function membersOf(field: Field): Iterable<readonly [string, Field]> {
    // Whatever has members may also stand alone and empty: `Tags=` is how an empty list is sent.
    if (field.value) throw style.refuse(field, "a value where members belong")
    return field.members ?? []
  }

  /** The fields at `.1`, `.2` and so on, in the order of their numbers, which may have holes. */
  function numbered(field: Field, itemName: string | undefined): readonly Field[] {
    let list = field
    if (itemName !== undefined) {
      for (const [segment, below] of membersOf(field)) {
        if (segment !== itemName) throw style.refuse(below, "not numbered as a list")
        list = below
      }
      if (list === field) return []
    }

    const items: [number, Field][] = []
    let isInOrder = true
    for (const [segment, item] of membersOf(list)) {
      if (!INDEX.test(segment)) throw style.refuse(item, "not numbered as a list")
      const index = Number(segment)
      if (items.length > 0 && index < items.at(-1)![0]) isInOrder = false
      items.push([index, item])
    }
    if (!isInOrder) items.sort(([a], [b]) => a - b)
    return items.map(([, item]) => item)
  }

  return readerOf
}

const INDEX = /^(0|[1-9]\d{0,8})$/

/** Query services take these four words and no other, not even `True`. */
function readBoolean(text: string): boolean {
  if (text === "true" || text === "1") return true
  if (text === "false" || text === "0") return false
  throw new Fault("MalformedInput", "boolean must follow xsd1.1 definition")
}

function complaintAbout(schema: NormalizedSchema): Complaint {
  if (schema.isBooleanSchema()) return "not a boolean"
  if (schema.isTimestampSchema()) return "not a timestamp"
  return schema.isBlobSchema() ? "not a blob" : "not a number"
}
