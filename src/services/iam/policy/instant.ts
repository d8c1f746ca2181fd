/** Milliseconds since 1970 of a time as policies write it: seconds since 1970, or ISO 8601. NaN for anything else. */
export function instantOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const [, date, time = "", zone = ""] = ISO.exec(text) ?? []
  if (date === undefined) return Number.NaN
  // Without a zone it is in UTC, and not where this machine happens to be.
  return Date.parse(time === "" ? date : `${date}T${time}${zone === "" ? "Z" : zone.toUpperCase()}`)
}

const ISO = /^(\d{4}-\d\d(?:-\d\d)?)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:?\d\d)?)?$/
