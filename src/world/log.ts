/** Structured lines for the operator. Secrets never go in here: log ids and ARNs, not inputs. */
export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void

  /** The same log with these fields on every line. */
  with(fields: Fields): Log
}

export type Fields = Readonly<Record<string, unknown>>

const nothing = () => {}
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silentLog }

export interface Line {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
  readonly fields: Fields
}

/** A log that keeps its lines, for tests and the simulator's transcripts. */
export function recordingLog(lines: Line[] = [], base: Fields = {}): Log & { readonly lines: readonly Line[] } {
  const add =
    (level: Line["level"]) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields: { ...base, ...fields } })
    }
  return {
    lines,
    debug: add("debug"),
    info: add("info"),
    warn: add("warn"),
    error: add("error"),
    with: (fields) => recordingLog(lines, { ...base, ...fields }),
  }
}
