/** A line of the log for the eye: when, how bad, what, and what else is known of it. Lines of other making stay as they are. */
export function readable(line: string): string {
  const fields = parsed(line)
  if (fields === undefined) return line
  const { time, level, msg, ...rest } = fields
  const more = Object.entries(rest).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  return `${time} ${(LEVELS.get(level as number) ?? String(level)).padEnd(5)} ${msg}${more.join("")}`
}

const LEVELS = new Map([
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
  [50, "error"],
])

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === "object" && value !== null && "msg" in value ? value : undefined
  } catch {
    return undefined
  }
}
