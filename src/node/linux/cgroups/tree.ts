import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import { sleep, type World } from "../../../world/world.ts"
import { EngineError } from "../../engine/engine-error.ts"

/** A cgroup and all below it, the deepest first. */
export function foldersBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [...children.flatMap(({ name }) => foldersBelow(join(folder, name))), folder]
}

/** Undefined when it is not there, or goes away meanwhile. */
export function readIn(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8").trim()
  } catch {
    return undefined
  }
}

function processesIn(folder: string): number[] {
  // One that this process cannot see, since it is outside of its process ids, is a zero.
  return (readIn(folder, "cgroup.procs") ?? "")
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0)
}

/** Kills until nothing is left, since a process may start another one before it dies; then removes. */
export async function removeTrees(world: Pick<World, "after" | "monotonic">, roots: readonly string[]): Promise<void> {
  const deadline = world.monotonic() + REMOVE_MS_MAX
  for (;;) {
    const folders = roots.flatMap(foldersBelow)
    for (const pid of new Set(folders.flatMap(processesIn))) kill(pid)
    const left = folders.filter((folder) => !removed(folder))
    if (left.length === 0) return
    if (world.monotonic() > deadline) {
      throw new EngineError(
        "machine",
        `The cgroup ${left[0]} is still in use, though all of its processes were killed.`,
      )
    }
    await sleep(world, RETRY_MS)
  }
}

const RETRY_MS = 5
const REMOVE_MS_MAX = 10_000

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") return true
    if (code === "EBUSY" || code === "ENOTEMPTY") return false
    throw error
  }
}
