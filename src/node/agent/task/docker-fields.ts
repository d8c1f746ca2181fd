import { Unusable } from "../tasks.ts"

/**
 * The members of one of Docker's objects, read one by one. Docker leaves out nothing: what is not set is there as zero,
 * an empty text, an empty list or null, so all of these count as absent. What is left at the end with another value is
 * refused: a container must not run without what it was promised.
 */
export interface Fields {
  texts<K extends string>(names: Readonly<Record<K, string>>): { readonly [P in K]?: string }
  wholes<K extends string>(names: Readonly<Record<K, string>>): { readonly [P in K]?: number }
  text(name: string): string
  optionalText(name: string): string | undefined

  /** Also when it is zero. */
  whole(name: string): number | undefined
  flag(name: string): boolean
  list(name: string): readonly string[] | undefined
  map(name: string): Readonly<Record<string, string>>
  object<T>(name: string, read: (fields: Fields) => T): T | undefined
  objects<T>(name: string, read: (fields: Fields) => T): readonly T[]

  /** Whatever these say is of no consequence. */
  skip(...names: readonly string[]): void
  end(): void
}

export function fieldsOf(where: string, text: string | undefined): Fields {
  if (text === undefined || text === "") return fields(where, {})
  try {
    return fields(where, JSON.parse(text))
  } catch (error) {
    throw error instanceof Unusable ? error : new Unusable(`${where} is no JSON: ${(error as Error).message}`)
  }
}

function fields(where: string, value: unknown): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Unusable(`${where} is no object`)
  const left = new Map(Object.entries(value))

  function take<T>(name: string, isRight: (value: unknown) => boolean, kind: string): T | undefined {
    const found = left.get(name)
    left.delete(name)
    if (found === undefined || found === null) return undefined
    if (!isRight(found)) throw new Unusable(`${where}.${name} is no ${kind}`)
    return found as T
  }

  const read: Fields = {
    texts: (names) => pick(names, (name) => read.optionalText(name)),
    wholes: (names) => pick(names, (name) => read.whole(name) || undefined),
    text(name) {
      const found = read.optionalText(name)
      if (found === undefined) throw new Unusable(`${where}.${name} is missing`)
      return found
    },
    optionalText: (name) => take<string>(name, isText, "text") || undefined,
    whole: (name) => take<number>(name, Number.isInteger, "whole number"),
    flag: (name) => take<boolean>(name, (found) => typeof found === "boolean", "flag") ?? false,
    list(name) {
      // Docker takes a single word for a list of one.
      const found = take<string | string[]>(name, (item) => isText(item) || isTexts(item), "list of texts")
      const items = typeof found === "string" ? [found].filter((item) => item !== "") : found
      return items?.length ? items : undefined
    },
    map: (name) => take(name, (found) => isObject(found) && isTexts(Object.values(found)), "map of texts") ?? {},
    object(name, readObject) {
      const found = take<object>(name, isObject, "object")
      if (found === undefined) return undefined
      const inner = fields(`${where}.${name}`, found)
      const result = readObject(inner)
      inner.end()
      return result
    },
    objects(name, readObject) {
      const found = take<object[]>(name, (items) => Array.isArray(items) && items.every(isObject), "list of objects")
      return (found ?? []).map((item, index) => {
        const inner = fields(`${where}.${name}[${index}]`, item)
        const result = readObject(inner)
        inner.end()
        return result
      })
    },
    skip(...names) {
      for (const name of names) left.delete(name)
    },
    end() {
      for (const [name, found] of left) {
        if (!isEmpty(found)) throw new Unusable(`${where}.${name} cannot be had on this node`)
      }
    },
  }
  return read
}

function pick<K extends string, V>(names: Readonly<Record<K, string>>, read: (name: string) => V | undefined) {
  const entries = Object.entries<string>(names).map(([key, name]) => [key, read(name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as { readonly [P in K]?: V }
}

function isText(value: unknown): value is string {
  return typeof value === "string"
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === 0 || value === "" || value === false) return true
  return typeof value === "object" && Object.values(value).every(isEmpty)
}
