import type { NormalizedSchema } from "@smithy/core/schema"
import { malformedFault } from "./malformed.ts"
import { setOwn } from "./shape-reader.ts"
import { textReader } from "./text-values.ts"

/** Query parameters, decoded; each name with all of its values. */
export type Query = ReadonlyMap<string, readonly string[]>

export function parseQuery(text: string): Query {
  const query = new Map<string, string[]>()
  for (const part of text === "" ? [] : text.split("&")) {
    const at = part.indexOf("=")
    const name = decode(at === -1 ? part : part.slice(0, at))
    const value = at === -1 ? "" : decode(part.slice(at + 1))
    const values = query.get(name)
    if (values === undefined) query.set(name, [value])
    else values.push(value)
  }
  return query
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    throw malformedFault(`The query has a malformed percent-encoding: ${text.slice(0, 64)}`)
  }
}

/** Reads a member that stands in a query parameter of its own (`httpQuery`). */
export function queryReader(schema: NormalizedSchema, parameter: string): (query: Query) => unknown {
  if (schema.isListSchema()) {
    const read = textReader(schema.getValueSchema())
    return (query) => query.get(parameter)?.map(read)
  }
  const read = textReader(schema)
  return (query) => {
    const text = query.get(parameter)?.[0]
    return text === undefined ? undefined : read(text)
  }
}

/** Reads a map of all parameters that are nobody else's (`httpQueryParams`). */
export function otherParameters(schema: NormalizedSchema, taken: ReadonlySet<string>): (query: Query) => unknown {
  const isListed = schema.getValueSchema().isListSchema()
  return (query) => {
    const others: Record<string, unknown> = {}
    for (const [name, values] of query) {
      if (!taken.has(name)) setOwn(others, name, isListed ? values : values[0])
    }
    return Object.keys(others).length === 0 ? undefined : others
  }
}
