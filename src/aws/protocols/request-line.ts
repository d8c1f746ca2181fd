import type { HttpRequest } from "../http.ts"
import { malformedFault } from "./malformed.ts"
import type { OperationShape } from "./protocol.ts"
import { otherParameters, parseQuery, type Query, queryReader } from "./query-bindings.ts"
import { textReader } from "./text-values.ts"
import { type UriPattern, uriPattern } from "./uri-pattern.ts"

type Members = Record<string, unknown>

/** Reads what an operation's input has in the path and the query. */
export function requestLineReader(operation: OperationShape): (request: HttpRequest, members: Members) => void {
  const { input, http } = operation
  const members = [...input.structIterator()].map(([name, schema]) => ({
    name,
    schema,
    traits: schema.getMergedTraits(),
  }))
  const labels = members
    .filter(({ traits }) => traits.httpLabel)
    .map(({ name, schema }) => ({ name, read: textReader(schema) }))
  const pattern = addressPattern(operation)

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

/** An operation's address. A label that its URI does not name stands before it: S3's bucket, which newer models give to the endpoint. */
export function addressPattern({ input, http }: OperationShape): UriPattern {
  const uri = http?.[1] ?? "/"
  const members = input.isStructSchema() ? [...input.structIterator()] : []
  const labels = members.filter(([, schema]) => schema.getMergedTraits().httpLabel).map(([name]) => name)
  const unnamed = labels.filter((name) => !uri.includes(`{${name}}`) && !uri.includes(`{${name}+}`))
  return uriPattern(unnamed.map((name) => `/{${name}}`).join("") + uri)
}
