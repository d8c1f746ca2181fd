import { readFileSync } from "node:fs"
import { arch, availableParallelism, platform, release, totalmem } from "node:os"
import type { Machine } from "./resources.ts"

/** The machine that this process runs on, whole. */
export function thisMachine(): Machine {
  return {
    processors: availableParallelism(),
    memoryMiB: Math.floor(totalmem() / 2 ** 20),
    architecture: arch() === "arm64" ? "arm64" : "x86_64",
    system: systemOf(read("/etc/os-release")),
    // Elsewhere than on Linux containers run in a machine of their own, and it is the engine that knows what is left.
    bootId: read("/proc/sys/kernel/random/boot_id").trim() || "unknown",
  }
}

/** `ID` and `VERSION_ID` of os-release, as agents join them. */
function systemOf(osRelease: string): string {
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1]
  const id = value("ID")
  if (id === undefined) return `${platform()}_${release()}`
  return [id, value("VERSION_ID")].filter((part) => part).join("_")
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
