import type { Context } from "./context.ts"

/**
 * A text of a policy, taken apart: what stands in it, in which `*` and `?` may be wildcards; what is to be taken as
 * written, as from `${*}`; and variables, whose values are never wildcards either.
 */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "variable"; readonly key: string; readonly otherwise: string | undefined }

const VARIABLE = /\$\{([^{}]+)\}/g

/** Policies of the older version know no variables: there `${` is nothing special. */
export function partsOf(text: string, hasVariables: boolean): readonly Part[] {
  if (!hasVariables || !text.includes("${")) return [{ kind: "text", text }]
  const parts: Part[] = []
  let end = 0
  for (const { 0: written, 1: inside = "", index } of text.matchAll(VARIABLE)) {
    if (index > end) parts.push({ kind: "text", text: text.slice(end, index) })
    parts.push(variableOf(inside))
    end = index + written.length
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) })
  return parts
}

function variableOf(inside: string): Part {
  if (inside === "*" || inside === "?" || inside === "$") return { kind: "literal", text: inside }
  const comma = inside.indexOf(",")
  const quoted = comma === -1 ? "" : inside.slice(comma + 1).trim()
  const hasDefault = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'")
  return hasDefault
    ? { kind: "variable", key: inside.slice(0, comma).trim(), otherwise: quoted.slice(1, -1) }
    : { kind: "variable", key: inside.trim(), otherwise: undefined }
}

/** The keys of a text's variables, as they were written. */
export function variablesOf(text: string, hasVariables: boolean): string[] {
  return partsOf(text, hasVariables).flatMap((part) => (part.kind === "variable" ? [part.key] : []))
}

/** A text whose variables are filled in for each request; undefined where one of them has no single value. */
export type Filled = string | ((context: Context) => string | undefined)

export function filledOf(text: string, hasVariables: boolean): Filled {
  const parts = partsOf(text, hasVariables).map(partFilled)
  if (parts.every((part) => typeof part === "string")) return parts.join("")
  return (context) => {
    let filled = ""
    for (const part of parts) {
      const value = typeof part === "string" ? part : part(context)
      if (value === undefined) return undefined
      filled += value
    }
    return filled
  }
}

/** One part's text, or how to find it. */
export function partFilled(part: Part): Filled {
  if (part.kind !== "variable") return part.text
  const key = part.key.toLowerCase()
  return (context) => {
    const values = context.valuesOf(key)
    return values?.length === 1 ? values[0] : part.otherwise
  }
}
