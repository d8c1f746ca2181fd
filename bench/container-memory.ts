import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What a container takes from the machine, in bytes, as the mean of many. */
export interface ContainerMemory {
  /** Of the process that looks after it, with its share of what such processes have in common. */
  readonly shim: number

  /** Of its own processes alone. */
  readonly own: number

  /** That the kernel counts to it. */
  readonly kernel: number
}

/** Of all containers that run below a cgroup. Their shims are the parents of their first processes. */
export function memoryOfContainers(cgroup: string): ContainerMemory {
  const processes = processesBelow(cgroup)
  const inside = new Set(processes.map(({ pid }) => pid))
  const shims = new Set(processes.flatMap(({ parent }) => (inside.has(parent) ? [] : [parent])))
  const folders = [...new Set(processes.map(({ folder }) => folder))]
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / folders.length
  return {
    shim: mean([...shims].map((pid) => kilobytes(`/proc/${pid}/smaps_rollup`, "Pss") * 1024)),
    own: mean(processes.map(({ pid }) => kilobytes(`/proc/${pid}/smaps_rollup`, "Pss_Anon") * 1024)),
    kernel: mean(folders.map(kernelBytes)),
  }
}

interface Contained {
  readonly pid: number
  readonly parent: number

  /** Of its cgroup, as in `/homeport/one`. */
  readonly folder: string
}

function processesBelow(cgroup: string): Contained[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const lines = readFileSync(`/proc/${name}/cgroup`, "utf8").split("\n")
      const folder = lines.map((line) => line.split(":")[2] ?? "").find((path) => path.startsWith(`${cgroup}/`))
      if (folder === undefined) return []
      const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))![1])
      return [{ pid: Number(name), parent, folder }]
    } catch {
      // It has just ended.
      return []
    }
  })
}

function kernelBytes(folder: string): number {
  const counted = join("/sys/fs/cgroup/memory", folder, "memory.kmem.usage_in_bytes")
  if (existsSync(counted)) return Number(readFileSync(counted, "utf8"))
  const text = readFileSync(join("/sys/fs/cgroup", folder, "memory.stat"), "utf8")
  return Number(/^kernel (\d+)/m.exec(text)?.[1] ?? 0)
}

function kilobytes(path: string, name: string): number {
  return Number(new RegExp(`^${name}: *(\\d+)`, "m").exec(readFileSync(path, "latin1"))?.[1] ?? 0)
}
