import { readFileSync } from "node:fs"

/** One process among all that ever had its number: the number comes back, the time it started does not. */
export interface ProcessIdentity {
  readonly pid: number

  /** As the kernel counts it; absent where there is no /proc. */
  readonly startedAt?: string
}

export function identityOf(pid: number): ProcessIdentity {
  const startedAt = startOf(pid)
  return startedAt === undefined ? { pid } : { pid, startedAt }
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false
  }
  return startedAt === startOf(pid)
}

function startOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name comes second, in parentheses, and may hold anything; the start is the twentieth word behind it.
    const words = status.slice(status.lastIndexOf(")") + 2).split(" ")
    // A zombie has ended; only its parent has not asked yet how.
    return words[0] === "Z" ? undefined : words[19]
  } catch {
    return undefined
  }
}
