import { readFileSync, writeFileSync } from "node:fs"

/** Of the namespace in which this thread is; as in `ipv4/ip_forward`. Answers whether the kernel has such a setting. */
export function setting(name: string, value: string): boolean {
  const file = `/proc/sys/net/${name}`
  try {
    if (readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value)
    return true
  } catch (error) {
    // A kernel without version 6 has none of its settings.
    if ((error as { code?: string }).code === "ENOENT") return false
    throw error
  }
}
