import { assert } from "../../base/assert.ts"
import type { Body, HttpRequest } from "../http.ts"

/**
 * The fields of a query request. `Tags.member.1.Key=shop` is a field in a field in a field: names that begin alike are
 * put together here once, so that a shape is then read by going down with it.
 */
export interface Field {
  /** The whole name, as in `Tags.member.1.Key`, for the caller to read. */
  readonly path: string

  /** Undefined when no value stands at this very name. */
  readonly value: string | undefined

  /** By what follows the next dot; undefined when nothing does. */
  readonly members: ReadonlyMap<string, Field> | undefined
}

/** A form that cannot be read as one; each protocol has its own fault for it. */
export class FormError extends Error {
  override readonly name = "FormError"
}

// Far beyond what any operation takes, and little enough to be read in one turn.
const FIELDS_MAX = 50_000
const DEPTH_MAX = 32
const PATH_SHOWN_MAX = 256

class Node implements Field {
  readonly #name: string
  readonly #end: number
  value: string | undefined = undefined
  members: Map<string, Node> | undefined = undefined

  /** A field's path is the beginning of the first name that it was seen in. */
  constructor(name: string, end: number) {
    this.#name = name
    this.#end = end
  }

  /** Spelled out for refusals only, and no further than someone would read. */
  get path(): string {
    return this.#name.slice(0, Math.min(this.#end, PATH_SHOWN_MAX))
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The parameters of a request, whether they stand in its URL or its body. */
export function readRequestForm({ query }: Pick<HttpRequest, "query">, body: Body): Field {
  assert(body instanceof Uint8Array, "a query protocol has no streams")
  if (body.length === 0) return readForm(query)
  let form: string
  try {
    form = utf8.decode(body)
  } catch {
    throw new FormError("The request is not UTF-8.")
  }
  return query === "" ? readForm(form) : readForm(query, form)
}

/** Reads forms into one; throws a FormError. Each name may stand once. */
export function readForm(...forms: readonly string[]): Field {
  const root = new Node("", 0)
  let fields = 0
  for (const form of forms) {
    for (let start = 0; start < form.length; ) {
      const found = form.indexOf("&", start)
      const end = found === -1 ? form.length : found
      if (end > start) fields += addField(root, form, start, end)
      if (fields > FIELDS_MAX) throw new FormError("The request has too many parameters.")
      start = end + 1
    }
  }
  return root
}

const EQUALS = 0x3d
const DOT = "."

/** Adds one parameter, and tells how many fields it took: those that its name goes through and that were not there yet. */
function addField(root: Node, form: string, start: number, end: number): number {
  let nameEnd = start
  while (nameEnd < end && form.charCodeAt(nameEnd) !== EQUALS) nameEnd++
  const name = decode(form.slice(start, nameEnd))
  let node = root
  let depth = 0
  let added = 0
  for (let from = 0; from <= name.length; ) {
    if (++depth > DEPTH_MAX) throw new FormError("The request has a parameter that is nested too deeply.")
    const found = name.indexOf(DOT, from)
    const to = found === -1 ? name.length : found
    const segment = name.slice(from, to)
    node.members ??= new Map()
    let next = node.members.get(segment)
    if (next === undefined) {
      next = new Node(name, to)
      node.members.set(segment, next)
      added++
    }
    node = next
    from = to + 1
  }
  if (node.value !== undefined) throw new FormError(`The request has the parameter ${node.path} more than once.`)
  node.value = decode(form.slice(nameEnd + 1, end))
  return added
}

const ENCODED = /[%+]/

function decode(text: string): string {
  if (!ENCODED.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    throw new FormError("The request has a malformed percent-encoding.")
  }
}
