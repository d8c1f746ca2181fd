import { assert } from "../base/assert.ts"

/**
 * Makes a record unchangeable all the way down, so that a test shows who changes one in place, and holds it to plain
 * JSON: anything else would come back from the journal as something different.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null) {
    const isPlain = value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)
    assert(isPlain, `a record holds ${String(value)}, which JSON cannot`)
    return value
  }
  if (Object.isFrozen(value)) return value
  const prototype = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  assert(isPlain, `a record holds a ${value.constructor?.name}, which JSON cannot`)
  for (const part of Object.values(value)) if (part !== undefined) freezeDeep(part)
  return Object.freeze(value)
}
