/**
 * What a value on the wire looks like, as data: one description gives the type, the reader, the writer and what tests
 * generate. A member that is absent and one that is null are the same, and members that nobody knows are left out, as
 * the agent protocol has it.
 */
export type Shape<T> = Form & { readonly type?: T }

export type Form =
  | { readonly kind: "text"; readonly mayBeEmpty: boolean }
  | { readonly kind: "whole" }
  | { readonly kind: "number" }
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly of: Form; readonly countMax: number }
  | { readonly kind: "map"; readonly of: Form }
  | { readonly kind: "struct"; readonly members: Readonly<Record<string, Member>> }

export interface Member {
  readonly form: Form
  readonly isOptional: boolean
}

/** A member that may be missing. */
export interface Optional<T> {
  readonly optional: Shape<T>
}

/** What a shape describes. */
export type Of<S> = S extends Shape<infer T> ? T : never

export const text: Shape<string> = { kind: "text", mayBeEmpty: true }

/** A text that the other side cannot do without. */
export const id: Shape<string> = { kind: "text", mayBeEmpty: false }
export const whole: Shape<number> = { kind: "whole" }
export const number: Shape<number> = { kind: "number" }
export const flag: Shape<boolean> = { kind: "flag" }

export function choice<const V extends string>(...values: readonly V[]): Shape<V> {
  return { kind: "choice", values }
}

export function list<T>(of: Shape<T>, countMax = COUNT_MAX): Shape<readonly T[]> {
  return { kind: "list", of, countMax }
}

export function map<T>(of: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return { kind: "map", of }
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape }
}

type Members = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>
type OptionalNames<M> = { [K in keyof M]: M[K] extends Optional<unknown> ? K : never }[keyof M]
type Structure<M> = { readonly [K in Exclude<keyof M, OptionalNames<M>>]: Of<M[K]> } & {
  readonly [K in OptionalNames<M>]?: M[K] extends Optional<infer T> ? T | undefined : never
}

export function struct<const M extends Members>(members: M): Shape<Structure<M>> {
  const entries = Object.entries(members).map(([name, member]): [string, Member] => [
    name,
    "optional" in member ? { form: member.optional, isOptional: true } : { form: member, isOptional: false },
  ])
  return { kind: "struct", members: Object.fromEntries(entries) }
}

/** What arrived is not what it should be. Whoever sent it is wrong; the frame is skipped. */
export class Malformed extends Error {
  override readonly name = "Malformed"
  readonly #where: string
  readonly #what: string

  constructor(what: string, where = "") {
    super(where === "" ? what : `${where} ${what}`)
    this.#what = what
    this.#where = where
  }

  /** The same, seen from what holds it. */
  inside(holder: string): Malformed {
    const separator = this.#where === "" || this.#where.startsWith("[") ? "" : "."
    return new Malformed(this.#what, `${holder}${separator}${this.#where}`)
  }
}

/** The value as its shape has it, and nothing beside; throws `Malformed` for one that does not fit. */
export function read<T>(shape: Shape<T>, value: unknown, name = "message"): T {
  try {
    return readForm(shape, value) as T
  } catch (error) {
    throw error instanceof Malformed ? error.inside(name) : error
  }
}

function readForm(form: Form, value: unknown): unknown {
  switch (form.kind) {
    case "text":
      if (typeof value === "string" && (form.mayBeEmpty || value !== "")) return value
      break
    case "whole":
      if (Number.isInteger(value)) return value
      break
    case "number":
      if (Number.isFinite(value)) return value
      break
    case "flag":
      if (typeof value === "boolean") return value
      break
    case "choice":
      if (typeof value === "string" && form.values.includes(value)) return value
      break
    case "list":
      if (Array.isArray(value) && value.length <= form.countMax) return readList(form.of, value)
      break
    case "map":
      if (isObject(value)) return readMap(form.of, value)
      break
    case "struct":
      if (isObject(value)) return readStruct(form.members, value)
      break
  }
  throw new Malformed(`is not the ${form.kind} that it should be`)
}

// Where something is wrong is put together on the way out: hardly anything ever is.

function readList(of: Form, value: readonly unknown[]): unknown[] {
  const items: unknown[] = []
  try {
    for (const item of value) items.push(readForm(of, item))
  } catch (error) {
    throw error instanceof Malformed ? error.inside(`[${items.length}]`) : error
  }
  return items
}

function readMap(of: Form, value: object): object {
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(entries.map(([name, item]) => [name, readForm(of, item)]))
}

function readStruct(members: Readonly<Record<string, Member>>, value: object): object {
  const known: Record<string, unknown> = {}
  let name = ""
  try {
    for (name in members) {
      const { form, isOptional } = members[name]!
      const item = Object.hasOwn(value, name) ? value[name as never] : undefined
      if (item !== undefined && item !== null) known[name] = readForm(form, item)
      else if (!isOptional) throw new Malformed("is missing")
    }
  } catch (error) {
    throw error instanceof Malformed ? error.inside(name) : error
  }
  return known
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

const COUNT_MAX = 10_000
