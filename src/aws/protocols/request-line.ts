import type { HttpRequest } from "../http.ts"
import { malformedFault } from "./malformed.ts"
import type { OperationShape } from "./protocol.ts"
import { otherParameters, parseQuery, type Query, queryReader } from "./query-bindings.ts"
import { textReader } from "./text-values.ts"
import { type UriPattern, uriPattern } from "./uri-pattern.ts"

type Members = Record<string, unknown>

/** Reads what an operation's input has in the path and the query. */
export function requestLineReader({ input, http }: OperationShape): (request: HttpRequest, members: Members) => void {
  const members = [...input.structIterator()].map(([name, schema]) => ({
    name,
    schema,
    traits: schema.getMergedTraits(),
  }))
  const labels = members
    .filter(({ traits }) => traits.httpLabel)
    .map(({ name, schema }) => ({ name, read: textReader(schema) }))
  const pattern = withLeadingLabels(
    http?.[1] ?? "/",
    labels.map(({ name }) => name),
  )

  const taken = new Set([...pattern.literals.keys(), ...members.flatMap(({ traits }) => traits.httpQuery ?? [])])
  const parameters = members.flatMap(
    ({ name, schema, traits }): { name: string; read: (query: Query) => unknown }[] => {
      if (traits.httpQuery !== undefined) return [{ name, read: queryReader(schema, traits.httpQuery) }]
      return traits.httpQueryParams ? [{ name, read: otherParameters(schema, taken) }] : []
    },
  )

  return ({ path, query }, result) => {
    if (labels.length > 0) {
      const found = pattern.match(path)
      if (found === undefined) throw malformedFault(`The path is not ${http?.[1]}`)
      for (const { name, read } of labels) {
        const text = found.get(name)
        if (text !== undefined) result[name] = read(text)
      }
    }
    if (parameters.length === 0) return
    const parsed = parseQuery(query)
    for (const { name, read } of parameters) {
      const value = read(parsed)
      if (value !== undefined) result[name] = value
    }
  }
}

/** A label that the URI does not name stands before it: S3's bucket, which newer models give to the endpoint. */
function withLeadingLabels(uri: string, labels: readonly string[]): UriPattern {
  const unnamed = labels.filter((name) => !uri.includes(`{${name}}`) && !uri.includes(`{${name}+}`))
  return uriPattern(unnamed.map((name) => `/{${name}}`).join("") + uri)
}
