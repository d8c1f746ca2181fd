import { assert } from "../../base/assert.ts"
import type { Body, HttpRequest } from "../http.ts"

/**
 * The fields of a query request. `Tags.member.1.Key=shop` is a field in a field in a field: names that begin alike are
 * put together here once, so that a shape is then read by going down with it.
 */
export interface Field {
  /** The whole name, as in `Tags.member.1.Key`. */
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
const FIELDS_MAX = 20_000
const DEPTH_MAX = 32

class Node implements Field {
  readonly #name: string
  readonly #end: number
  value: string | undefined = undefined
  members: Map<string, Node> | undefined = undefined

  /** A field's path is the beginning of the first name that it was seen in; only refusals spell it out. */
  constructor(name: string, end: number) {
    this.#name = name
    this.#end = end
  }

  get path(): string {
    return this.#name.slice(0, this.#end)
  }

  member(segment: string, name: string, end: number): Node {
    if (this.members === undefined) this.members = new Map()
    let node = this.members.get(segment)
    if (node === undefined) {
      node = new Node(name, end)
      this.members.set(segment, node)
    }
    return node
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

/** What a query request is for; it is looked up before anyone knows by which shape to read the rest. */
export function operationInForm(
  { query }: Pick<HttpRequest, "query">,
  body: Body,
): { action: string; version: string | undefined } {
  const forms =
    body instanceof Uint8Array
      ? [query, Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1")]
      : [query]
  return { action: valueIn(forms, "Action") ?? "", version: valueIn(forms, "Version") }
}

function valueIn(forms: readonly string[], name: string): string | undefined {
  for (const form of forms) {
    const start = form.startsWith(`${name}=`) ? 0 : form.indexOf(`&${name}=`) + 1
    if (start === 0 && !form.startsWith(`${name}=`)) continue
    const end = form.indexOf("&", start)
    return form.slice(start + name.length + 1, end === -1 ? form.length : end)
  }
  return undefined
}

/** Reads forms into one; throws a FormError. Each name may stand once. */
export function readForm(...forms: readonly string[]): Field {
  const root = new Node("", 0)
  let fields = 0
  for (const form of forms) {
    for (let start = 0; start < form.length; ) {
      const found = form.indexOf("&", start)
      const end = found === -1 ? form.length : found
      if (end > start) {
        if (++fields > FIELDS_MAX) throw new FormError("The request has too many parameters.")
        addField(root, form, start, end)
      }
      start = end + 1
    }
  }
  return root
}

const EQUALS = 0x3d
const DOT = "."

function addField(root: Node, form: string, start: number, end: number): void {
  let nameEnd = start
  while (nameEnd < end && form.charCodeAt(nameEnd) !== EQUALS) nameEnd++
  const name = decode(form.slice(start, nameEnd))
  let node = root
  let depth = 0
  for (let from = 0; from <= name.length; ) {
    if (++depth > DEPTH_MAX) throw new FormError("The request has a parameter that is nested too deeply.")
    const found = name.indexOf(DOT, from)
    const to = found === -1 ? name.length : found
    node = node.member(name.slice(from, to), name, to)
    from = to + 1
  }
  if (node.value !== undefined) throw new FormError(`The request has the parameter ${name} more than once.`)
  node.value = decode(form.slice(nameEnd + 1, end))
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
