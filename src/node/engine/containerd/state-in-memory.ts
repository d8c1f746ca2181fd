import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { mountMemory, unmount } from "../../linux/libc.ts"
import { mountsBelow } from "./mounts.ts"

/**
 * What containerd and its shims keep while the machine runs: a dozen small files for each container, which on a disk wait
 * for all that others write there. Where it cannot be in memory, or somebody's shims have begun on the disk, it is there.
 */
export function keepStateInMemory(state: string): void {
  mkdirSync(state, { recursive: true, mode: 0o711 })
  if (isMount(state) || hasShims(state)) return
  try {
    mountMemory(state)
  } catch {
    // It may not be allowed; then it is slower.
  }
}

/** Not under containers that run on: they are found again by it. */
export function releaseState(state: string): void {
  if (isMount(state) && !hasShims(state)) unmount(state)
}

function hasShims(state: string): boolean {
  const tasks = join(state, "io.containerd.runtime.v2.task")
  return existsSync(tasks) && readdirSync(tasks).some((namespace) => readdirSync(join(tasks, namespace)).length > 0)
}

function isMount(folder: string): boolean {
  return mountsBelow(join(folder, "..")).includes(folder)
}
