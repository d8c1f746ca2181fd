/** A line of the log for the eye: when, how bad, what, and what else is known of it. Lines of other making stay as they are. */
export function readable(line: string): string {
  const fields = parsed(line)
  if (fields === undefined) return line
  const { time, level, message, ...rest } = fields
  const more = Object.entries(rest).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  return `${time} ${String(level).padEnd(5)} ${message}${more.join("")}`
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === "object" && value !== null && "message" in value ? value : undefined
  } catch {
    return undefined
  }
}
