import { notYet } from "./fault.ts"

/** Refuses what AWS has and Homeport has not; a parameter that asks for nothing is no request for it. */
export function refuseUnsupported<I extends object>(input: I, unsupported: { readonly [K in keyof I]?: string }): void {
  for (const [name, what] of Object.entries(unsupported) as [keyof I & string, string][]) {
    const value = input[name]
    const asksForNothing = value === undefined || value === false || (Array.isArray(value) && value.length === 0)
    if (!asksForNothing) throw notYet(`${what} (${name})`)
  }
}
