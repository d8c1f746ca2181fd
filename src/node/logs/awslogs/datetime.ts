import { LogRefusal } from "../driver.ts"

/** A pattern for the times that a strftime format writes. What stands between its codes stands for itself. */
export function datetimePattern(format: string): string {
  return format.replaceAll(/%(.)?|[\\^$.*+?()[\]{}|/]/gs, (found, code: string | undefined) => {
    if (!found.startsWith("%")) return `\\${found}`
    if (code === "%") return "%"
    const pattern = CODES[code ?? ""]
    if (pattern === undefined) {
      throw new LogRefusal(`awslogs-datetime-format has ${found}, which is no code of a date or time: ${format}`)
    }
    return pattern
  })
}

const CODES: Readonly<Record<string, string>> = {
  a: "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
  A: "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
  b: "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
  B: "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
  c: "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}",
  d: "\\d{2}",
  D: "\\d{2}/\\d{2}/\\d{2}",
  e: "[ \\d]\\d",
  f: "\\d{6}",
  F: "\\d{4}-\\d{2}-\\d{2}",
  H: "\\d{2}",
  I: "\\d{2}",
  j: "\\d{3}",
  L: "\\.\\d{3}",
  m: "\\d{2}",
  M: "\\d{2}",
  p: "[AP]M",
  s: "\\d+",
  S: "\\d{2}",
  T: "\\d{2}:\\d{2}:\\d{2}",
  w: "[0-6]",
  x: "\\d{2}/\\d{2}/\\d{2}",
  X: "\\d{2}:\\d{2}:\\d{2}",
  y: "\\d{2}",
  Y: "\\d{4}",
  z: "[+-]\\d{4}",
  Z: "[A-Z]{1,5}",
}
