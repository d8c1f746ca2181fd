import type { NormalizedSchema } from "@smithy/core/schema"
import { Once } from "./once.ts"
import { setOwn } from "./shape-reader.ts"

/** Makes of a handler's value what a serialiser can take: the shape's members only, simple values in the notation's way. */
export type Write = (value: unknown) => unknown

export interface Notation {
  simple(schema: NormalizedSchema): Write
  memberName(schema: NormalizedSchema): string
}

export function shapeWriters(notation: Notation): (schema: NormalizedSchema) => Write {
  const structures = new Once(structure)

  function writerOf(schema: NormalizedSchema): Write {
    if (schema.isStructSchema()) return structures.of(schema)
    if (schema.isListSchema()) return list(schema)
    if (schema.isMapSchema()) return map(schema)
    if (schema.isUnitSchema()) return () => ({})
    return notation.simple(schema)
  }

  function structure(schema: NormalizedSchema): Write {
    let members: Map<string, Member> | undefined

    return (value) => {
      members ??= new Map(
        [...schema.structIterator()].map(([name, member]) => [
          name,
          { name: notation.memberName(member), write: writerOf(member) },
        ]),
      )
      const result: Record<string, unknown> = {}
      const given = value as Record<string, unknown>
      for (const key in given) {
        const item = given[key]
        if (item === undefined || item === null) continue
        const member = members.get(key)
        if (member !== undefined) result[member.name] = member.write(item)
      }
      return result
    }
  }

  function list(schema: NormalizedSchema): Write {
    const isSparse = Boolean(schema.getMergedTraits().sparse)
    let write: Write | undefined

    return (value) => {
      write ??= writerOf(schema.getValueSchema())
      const result: unknown[] = []
      for (const item of value as Iterable<unknown>) {
        if (item !== null && item !== undefined) result.push(write(item))
        else if (isSparse) result.push(null)
      }
      return result
    }
  }

  function map(schema: NormalizedSchema): Write {
    const isSparse = Boolean(schema.getMergedTraits().sparse)
    let write: Write | undefined

    return (value) => {
      write ??= writerOf(schema.getValueSchema())
      const result: Record<string, unknown> = {}
      for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
        if (item !== null && item !== undefined) setOwn(result, key, write(item))
        else if (isSparse) setOwn(result, key, null)
      }
      return result
    }
  }

  return writerOf
}

interface Member {
  readonly name: string
  readonly write: Write
}
