import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { expect } from "vitest"
import { traces as networkTraces, run } from "./private-network.ts"

/** All that a node may leave on a machine: what is of a folder, of its cgroup, and of this machine's private network. */
export interface Traces {
  readonly network: string
  readonly mounts: readonly string[]
  readonly cgroups: readonly string[]
  readonly processes: readonly string[]
}

export function tracesOf(folder: string, cgroup: string): Traces {
  return {
    network: networkTraces(folder),
    mounts: mountsBelow(folder),
    cgroups: cgroupsBelow(cgroup),
    processes: processesWith(folder, cgroup),
  }
}

/** The kernel takes some things away in its own time. */
export async function expectTraces(folder: string, cgroup: string, expected: Traces): Promise<void> {
  const same = () => JSON.stringify(tracesOf(folder, cgroup)) === JSON.stringify(expected)
  for (let looks = 0; looks < 250 && !same(); looks++) await pause(20)
  expect(tracesOf(folder, cgroup)).toEqual(expected)
}

/** The machine's ends of the links that lead into containers. */
export function containerLinks(): string {
  return run("ip -o link show type veth | grep -o 'hport[^:@]*' | sort || true")
}

/** In every hierarchy, as a path from its root. */
export function cgroupsBelow(cgroup: string): string[] {
  const roots = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]
  const found = roots.flatMap((root) => foldersIn(join(root, cgroup)).map((folder) => folder.slice(root.length)))
  return [...new Set(found)].sort()
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [folder, ...children.flatMap(({ name }) => foldersIn(join(folder, name)))]
}

function mountsBelow(folder: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
  return points.map((line) => line.split(" ")[4] ?? "").filter((point) => point.startsWith(`${folder}/`))
}

/** Of the folder by their command line, as daemons and shims are, or of the cgroup, as containers are. */
function processesWith(folder: string, cgroup: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return []
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      const place = readFileSync(`/proc/${pid}/cgroup`, "utf8")
      if (!command.includes(folder) && !place.includes(`:${cgroup}/`)) return []
      return [`${pid} ${command}${HOLDER.test(place) ? ` ${HOLDS}` : ""}`]
    } catch {
      // It has just ended.
      return []
    }
  })
}

/** Of tasks that run. What holds the namespaces that a task's containers shared stays for as long as its data. */
export function processesOfTasks(folder: string, cgroup: string): string[] {
  return processesWith(folder, cgroup).filter((process) => !process.endsWith(HOLDS))
}

const HOLDER = /\/holder$/m
const HOLDS = "(holds namespaces)"
