/** What a request says of itself and of who makes it, by condition keys. */
export interface Context {
  /** The values under a key, which is in lower case; undefined, or none, where the request does not have it. */
  valuesOf(key: string): readonly string[] | undefined
}

/** The keys that an operation or a test names, whatever their case. */
export function contextOf(entries: Readonly<Record<string, readonly string[]>>): Context {
  const values = new Map(Object.entries(entries).map(([key, own]) => [key.toLowerCase(), own]))
  return { valuesOf: (key) => values.get(key) }
}
