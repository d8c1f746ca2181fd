import { execFileSync } from "node:child_process"
import { chmodSync, copyFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs"
import { mountsBelow } from "../mounts.ts"
import type { Runtime } from "./runtime.ts"

/**
 * crun from a copy that nobody can write to. Run from anywhere else it first makes a sealed copy of itself in memory, each
 * time, so that no container can change the program that starts the next one; that takes a fifth of a launch. On a
 * mount that is read-only it need not, and without the mount, or the rights to it, the copy is as good as any.
 */
export function readOnlyRuntime(runtime: Runtime, folder: string): Runtime {
  if (runtime.kind !== "crun") return runtime
  const path = copyIn(folder)
  try {
    if (!isMounted(path) || !isCopy(runtime.path, path)) {
      releaseRuntime(folder)
      copy(runtime.path, path)
      execFileSync("mount", ["--bind", path, path], QUIETLY)
      execFileSync("mount", ["-o", "remount,bind,ro", path], QUIETLY)
    }
    // Programs may not be allowed to run where our folder is.
    execFileSync(path, ["--version"], QUIETLY)
    return { kind: "crun", path }
  } catch {
    releaseRuntime(folder)
    return runtime
  }
}

/** The copy stays: containers that still run are ended with it. */
export function releaseRuntime(folder: string): void {
  const path = copyIn(folder)
  // Somebody may just be running it.
  if (isMounted(path)) execFileSync("umount", ["--lazy", path], QUIETLY)
}

function copyIn(folder: string): string {
  return `${folder}/crun`
}

function isMounted(path: string): boolean {
  return mountsBelow(path.slice(0, path.lastIndexOf("/"))).includes(path)
}

function isCopy(source: string, path: string): boolean {
  const [there, here] = [statSync(source), statSync(path)]
  return there.size === here.size && Math.abs(there.mtimeMs - here.mtimeMs) < 1
}

function copy(source: string, path: string): void {
  const { atime, mtime } = statSync(source)
  rmSync(`${path}.new`, { force: true })
  copyFileSync(source, `${path}.new`)
  chmodSync(`${path}.new`, 0o755)
  utimesSync(`${path}.new`, atime, mtime)
  renameSync(`${path}.new`, path)
}

const QUIETLY = { stdio: "ignore" } as const
