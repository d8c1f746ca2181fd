import type { Mutability, Repository } from "../tables.ts"

/** Whether a tag that is there may be moved to another image. */
export function mayMove({ mutability }: Pick<Repository, "mutability">, tag: string): boolean {
  const isExcluded = mutability.exclusions.some((pattern) => fitsPattern(pattern, tag))
  return isMutable(mutability) ? !isExcluded : isExcluded
}

function isMutable({ kind }: Mutability): boolean {
  return kind === "MUTABLE" || kind === "MUTABLE_WITH_EXCLUSION"
}

/** A star stands for any characters, also for none. */
export function fitsPattern(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*")
  if (rest.length === 0) return text === pattern
  if (!text.startsWith(first)) return false
  const last = rest.pop()!
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - at >= last.length && text.endsWith(last)
}
