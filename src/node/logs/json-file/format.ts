import type { LogLine } from "../driver.ts"

/** A line as Docker's json-file driver writes it. One that is not complete yet does not end. */
export function jsonLine({ stream, bytes, at, part }: LogLine, attrs?: Readonly<Record<string, string>>): string {
  const text = decoder.decode(bytes)
  const record = {
    log: part === undefined || part.isLast ? `${text}\n` : text,
    stream,
    ...(attrs !== undefined && { attrs }),
    time: new Date(at).toISOString(),
  }
  return `${JSON.stringify(record)}\n`
}

const decoder = new TextDecoder()
