/**
 * A line of the log for the eye: when, how bad, what, and what else is known of it. Lines of other making stay as they
 * are, but that nothing in any line can tell the terminal what to do.
 */
export function readable(line: string): string {
  const fields = parsed(line)
  if (fields === undefined) return harmless(line)
  const { time, level, message, ...rest } = fields
  const more = Object.entries(rest).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  return harmless(`${time} ${String(level).padEnd(5)} ${message}${more.join("")}`)
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === "object" && value !== null && "message" in value ? value : undefined
  } catch {
    return undefined
  }
}

/** A stack trace has several lines, none of which may look like the next line of the log. */
const INDENTED = "\n    "

/** All but the tab and the line break. */
const CONTROL = /[^\t\n\P{Cc}]/gu

function harmless(text: string): string {
  return text
    .replaceAll(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll("\n", INDENTED)
}
