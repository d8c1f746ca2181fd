import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { World } from "../../../world/world.ts"
import type { CgroupLimits, Cgroups, CgroupUsage } from "../host.ts"
import { readIn, removeTrees } from "./tree.ts"
import { CPU_PERIOD_MICROSECONDS, parseIoStat, parseLimit, parseNamed, quotaMicroseconds } from "./values.ts"

/** One tree. What a cgroup may limit is what its parent passes on, and one that passes something on holds no process. */
export class CgroupsVersion2 implements Cgroups {
  readonly version = 2
  readonly #world: Pick<World, "after" | "monotonic">
  readonly #root: string

  constructor(world: Pick<World, "after" | "monotonic">, root: string) {
    this.#world = world
    this.#root = root
  }

  async create(path: string, { cpu, memory, pidsMax }: CgroupLimits): Promise<void> {
    const folder = join(this.#root, path)
    mkdirSync(folder, { recursive: true })
    // From the top, and in this one as well: containers are below it.
    for (const passing of fromRoot(this.#root, folder)) passOn(passing)
    const write = (file: string, value: string | number) => writeFileSync(join(folder, file), String(value))
    if (cpu !== undefined) write("cpu.max", `${quotaMicroseconds(cpu)} ${CPU_PERIOD_MICROSECONDS}`)
    if (memory !== undefined) write("memory.max", memory)
    if (pidsMax !== undefined) write("pids.max", pidsMax)
  }

  async join(path: string, pid: number): Promise<void> {
    writeFileSync(join(this.#root, path, "cgroup.procs"), String(pid))
  }

  async remove(path: string): Promise<void> {
    await removeTrees(this.#world, [join(this.#root, path)])
  }

  async usage(path: string): Promise<CgroupUsage | undefined> {
    const folder = join(this.#root, path)
    const cpu = parseNamed(readIn(folder, "cpu.stat") ?? "")
    const used = readIn(folder, "memory.current")
    if (used === undefined) return undefined
    const memory = parseNamed(readIn(folder, "memory.stat") ?? "")
    const cache = Math.min(Number(used), memory.get("inactive_file") ?? 0)
    const throttled = cpu.get("throttled_usec")
    const limit = parseLimit(readIn(folder, "memory.max") ?? "max")
    const peak = readIn(folder, "memory.peak")
    return {
      cpuNanoseconds: (cpu.get("usage_usec") ?? 0) * 1_000,
      ...(throttled !== undefined && { throttledNanoseconds: throttled * 1_000 }),
      memoryBytes: Number(used) - cache,
      memoryCacheBytes: cache,
      ...(limit !== undefined && { memoryLimitBytes: limit }),
      ...(peak !== undefined && { memoryMaxBytes: Number(peak) }),
      processes: Number(readIn(folder, "pids.current") ?? 0),
      ...parseIoStat(readIn(folder, "io.stat") ?? ""),
    }
  }

  /** The kernel counts it in every cgroup above as well. */
  async outOfMemoryKills(path: string): Promise<number> {
    return parseNamed(readIn(join(this.#root, path), "memory.events") ?? "").get("oom_kill") ?? 0
  }
}

function fromRoot(root: string, folder: string): string[] {
  return folder.length <= root.length ? [root] : [...fromRoot(root, dirname(folder)), folder]
}

const WANTED = ["cpu", "cpuset", "io", "memory", "pids"]

function passOn(folder: string): void {
  const there = (readIn(folder, "cgroup.controllers") ?? "").split(" ")
  const passed = (readIn(folder, "cgroup.subtree_control") ?? "").split(" ")
  const missing = WANTED.filter((controller) => there.includes(controller) && !passed.includes(controller))
  if (missing.length === 0) return
  writeFileSync(join(folder, "cgroup.subtree_control"), missing.map((controller) => `+${controller}`).join(" "))
}
