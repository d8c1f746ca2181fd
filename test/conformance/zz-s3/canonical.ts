import { NumericValue } from "@smithy/core/serde"

/**
 * A value in a form in which two can be compared: what an SDK client wraps is unwrapped, what it adds is gone, and
 * nothing, null and undefined are the same.
 */
export function canonical(value: unknown): unknown {
  if (value instanceof Date) return { moment: value.getTime() }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") }
  if (value instanceof NumericValue) return { decimal: value.string }
  if (value instanceof String) return value.toString()
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).filter(
    ([name, item]) => item !== undefined && item !== null && !ADDED.has(name),
  )
  return new Map(entries.map(([name, item]) => [name, canonical(item)] as const).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const ADDED = new Set(["$metadata", "$fault", "$service", "$response", "$retryable"])
