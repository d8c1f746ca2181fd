import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { World } from "../../../world/world.ts"
import type { CgroupLimits, Cgroups, CgroupUsage } from "../host.ts"
import { foldersBelow, readIn, removeTrees } from "./tree.ts"
import { CPU_PERIOD_MICROSECONDS, parseBlockIo, parseLimit, parseNamed, quotaMicroseconds } from "./values.ts"

/** One tree per controller, or per few that are mounted together. A cgroup has its path in each of them. */
export class CgroupsVersion1 implements Cgroups {
  readonly version = 1
  readonly #world: Pick<World, "after" | "monotonic">
  readonly #controllers: ReadonlyMap<string, string>
  readonly #roots: readonly string[]

  constructor(world: Pick<World, "after" | "monotonic">, controllers: ReadonlyMap<string, string>) {
    this.#world = world
    this.#controllers = controllers
    this.#roots = [...new Set(controllers.values())]
  }

  async create(path: string, { cpu, memory, pidsMax }: CgroupLimits): Promise<void> {
    for (const root of this.#roots) {
      if (root === this.#controllers.get("cpuset")) inheritProcessors(root, join(root, path))
      else mkdirSync(join(root, path), { recursive: true })
    }
    if (cpu !== undefined) {
      this.#write("cpu", path, "cpu.cfs_period_us", CPU_PERIOD_MICROSECONDS)
      this.#write("cpu", path, "cpu.cfs_quota_us", quotaMicroseconds(cpu))
    }
    if (memory !== undefined) this.#write("memory", path, "memory.limit_in_bytes", memory)
    if (pidsMax !== undefined) this.#write("pids", path, "pids.max", pidsMax)
  }

  async join(path: string, pid: number): Promise<void> {
    for (const root of this.#roots) writeFileSync(join(root, path, "cgroup.procs"), String(pid))
  }

  remove(path: string): Promise<void> {
    return removeTrees(
      this.#world,
      this.#roots.map((root) => join(root, path)),
    )
  }

  async usage(path: string): Promise<CgroupUsage | undefined> {
    const cpuNanoseconds = this.#read("cpuacct", path, "cpuacct.usage")
    const used = this.#read("memory", path, "memory.usage_in_bytes")
    if (cpuNanoseconds === undefined || used === undefined) return undefined
    const memory = parseNamed(this.#read("memory", path, "memory.stat") ?? "")
    const cache = Math.min(Number(used), memory.get("total_inactive_file") ?? 0)
    const byProcessor = this.#read("cpuacct", path, "cpuacct.usage_percpu")
    const throttled = parseNamed(this.#read("cpu", path, "cpu.stat") ?? "").get("throttled_time")
    const limit = parseLimit(String(memory.get("hierarchical_memory_limit")))
    const max = this.#read("memory", path, "memory.max_usage_in_bytes")
    return {
      cpuNanoseconds: Number(cpuNanoseconds),
      ...(byProcessor !== undefined && { cpuNanosecondsByProcessor: byProcessor.split(" ").map(Number) }),
      ...(throttled !== undefined && { throttledNanoseconds: throttled }),
      memoryBytes: Number(used) - cache,
      memoryCacheBytes: cache,
      ...(limit !== undefined && { memoryLimitBytes: limit }),
      ...(max !== undefined && { memoryMaxBytes: Number(max) }),
      processes: Number(this.#read("pids", path, "pids.current") ?? 0),
      ...parseBlockIo(this.#read("blkio", path, "blkio.throttle.io_service_bytes_recursive") ?? ""),
    }
  }

  /** Counted where the process was, and not above. */
  async outOfMemoryKills(path: string): Promise<number> {
    const root = this.#controllers.get("memory")
    if (root === undefined) return 0
    return foldersBelow(join(root, path)).reduce(
      (sum, folder) => sum + (parseNamed(readIn(folder, "memory.oom_control") ?? "").get("oom_kill") ?? 0),
      0,
    )
  }

  #write(controller: string, path: string, file: string, value: number): void {
    const root = this.#controllers.get(controller)
    if (root !== undefined) writeFileSync(join(root, path, file), String(value))
  }

  #read(controller: string, path: string, file: string): string | undefined {
    const root = this.#controllers.get(controller)
    return root === undefined ? undefined : readIn(join(root, path), file)
  }
}

/** A new cpuset has no processors and no memory, and nothing can run in it until it does. */
function inheritProcessors(root: string, folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent.length > root.length) inheritProcessors(root, parent)
  mkdirSync(folder)
  for (const file of ["cpuset.cpus", "cpuset.mems"]) writeFileSync(join(folder, file), readIn(parent, file) ?? "")
}
