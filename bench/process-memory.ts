import { readdirSync, readFileSync } from "node:fs"

/**
 * What a process and those it started take from the machine, in bytes: all that is theirs alone, and once what they
 * share, which is mostly Node's own code. Undefined where the system does not tell.
 */
export function memoryOf(pid: number): number | undefined {
  let own = 0
  let shared = 0
  try {
    for (const member of family(pid)) {
      const kilobytes = readKilobytes(`/proc/${member}/smaps_rollup`)
      own += kilobytes("Private_Clean") + kilobytes("Private_Dirty")
      shared = Math.max(shared, kilobytes("Shared_Clean") + kilobytes("Shared_Dirty"))
    }
  } catch {
    return undefined
  }
  return (own + shared) * 1024
}

function family(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(Number(name))] as const)
  const members = [pid]
  for (const member of members) for (const [child, parent] of parents) if (parent === member) members.push(child)
  return members
}

/** Undefined for one that has just ended. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name stands in parentheses and may hold anything; the parent is the second word behind it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
  } catch {
    return undefined
  }
}

function readKilobytes(path: string): (name: string) => number {
  const text = readFileSync(path, "latin1")
  return (name) => Number(new RegExp(`^${name}: *(\\d+)`, "m").exec(text)?.[1] ?? 0)
}
