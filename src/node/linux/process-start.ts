import { readFileSync } from "node:fs"

/**
 * When a process started, as the kernel counts since the machine's start: one with the same number that started at
 * another time is another one. Undefined when there is none, or nothing of it but its exit code.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name of the program stands in parentheses, and may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[START_TIME_FIELD]
  } catch {
    return undefined
  }
}

/** Counted from the field after the name. */
const START_TIME_FIELD = 19
