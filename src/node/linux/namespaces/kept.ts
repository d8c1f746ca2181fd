import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { isSystemError, MS_BIND, mount, unmount } from "../libc.ts"

/** Gives the namespace of this thread a name in the file system, which holds it. */
export function keep(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, "")
  mount("/proc/thread-self/ns/net", path, MS_BIND)
}

/**
 * Its interfaces go with it, in the kernel's own time: to delete a veth by name first would take 30 ms, in which nobody
 * else on the machine could change an interface.
 */
export function letGo(path: string): void {
  try {
    unmount(path)
  } catch (error) {
    // It was no mount, or there is nothing.
    if (!isSystemError(error, "EINVAL", "ENOENT")) throw error
  }
  rmSync(path, { force: true })
}
