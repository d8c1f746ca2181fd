/** What a region process tells its supervisor. */
export type Report =
  | { readonly kind: "ready"; readonly endpoint: string; readonly port: number; readonly leads: boolean }
  | { readonly kind: "ending"; readonly reason: string }

/** Tells it, where there is one; resolves when it is on its way. */
export function report(said: Report): Promise<void> {
  if (!process.connected) return Promise.resolve()
  return new Promise((resolve) => process.send!(said, undefined, undefined, () => resolve()))
}
