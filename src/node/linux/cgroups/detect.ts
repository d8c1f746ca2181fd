import type { Mounted } from "../mounts.ts"

export type Layout =
  /** Folders by controller, some of which share one, and `name=systemd` among them where it is there. */
  | { readonly version: 1; readonly controllers: ReadonlyMap<string, string> }
  | { readonly version: 2; readonly root: string }

/**
 * What this machine has. Where both are mounted, a controller is with one of them only: limits are then where memory is,
 * and since the other version has at most what we do not use, that one is all we need.
 */
export function detectCgroups(mounts: readonly Mounted[]): Layout | undefined {
  const controllers = new Map<string, string>()
  for (const { point, type, options } of mounts) {
    if (type !== "cgroup") continue
    for (const option of options) if (KNOWN.has(option)) controllers.set(option, point)
  }
  if (controllers.has("memory") || controllers.has("cpu")) return { version: 1, controllers }
  const unified = mounts.find(({ type }) => type === "cgroup2")
  return unified && { version: 2, root: unified.point }
}

/** The others among a mount's options say how it is mounted. */
const KNOWN = new Set([
  "blkio",
  "cpu",
  "cpuacct",
  "cpuset",
  "devices",
  "freezer",
  "hugetlb",
  "memory",
  "name=systemd",
  "net_cls",
  "net_prio",
  "perf_event",
  "pids",
])
