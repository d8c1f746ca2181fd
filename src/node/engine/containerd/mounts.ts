import { readFileSync } from "node:fs"

/**
 * Where version 2 is mounted beside the hierarchies of version 1. crun refuses to run where it sees that, so our
 * containerd runs where it does not see it.
 */
export function hybridCgroupMount(mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): string | undefined {
  const mounts = mountinfo
    .trim()
    .split("\n")
    .map((line) => ({ path: line.split(" ")[4]!, type: line.split(" - ")[1]!.split(" ")[0]! }))
  const second = mounts.find(({ path, type }) => type === "cgroup2" && path.startsWith("/sys/fs/cgroup/"))
  return mounts.some(({ type }) => type === "cgroup") ? second?.path : undefined
}

/** Whether a folder is a mount whose mounts appear in other mount namespaces as well. */
export function isSharedMount(folder: string, mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): boolean {
  return mountinfo.split("\n").some((line) => {
    const [head = ""] = line.split(" - ")
    const fields = head.split(" ")
    return fields[4] === folder && fields.slice(6).some((field) => field.startsWith("shared:"))
  })
}

export function mountsBelow(folder: string, mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): string[] {
  const points = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "")
  return points.filter((point) => point.startsWith(`${folder}/`))
}
