import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { CgroupsVersion2 } from "./version2.ts"

/** Files as the kernel shows them, of one folder; what it does when they are written is not there. */
function aTree(): { readonly root: string; readonly cgroups: CgroupsVersion2 } {
  const root = mkdtempSync(join(tmpdir(), "homeport-cgroup2-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return { root, cgroups: new CgroupsVersion2(simulatedWorld(), root) }
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

test("limits are written in the forms of version 2", async () => {
  const { root, cgroups } = aTree()
  await cgroups.create("/homeport/local/1", { cpu: 1.5, memory: 64 << 20, pidsMax: 10 })
  const read = (file: string) => readFileSync(join(root, "homeport/local/1", file), "utf8")
  expect(read("cpu.max")).toBe("150000 100000")
  expect(read("memory.max")).toBe("67108864")
  expect(read("pids.max")).toBe("10")
})

test("what has no limit is left alone", async () => {
  const { root, cgroups } = aTree()
  await cgroups.create("/homeport/local/1", {})
  for (const file of ["cpu.max", "memory.max", "pids.max"]) {
    expect(existsSync(join(root, "homeport/local/1", file))).toBe(false)
  }
})

test("each level passes on the controllers that it has and has not passed on yet", async () => {
  const { root, cgroups } = aTree()
  write(root, { "cgroup.controllers": "cpuset cpu io memory hugetlb pids\n", "cgroup.subtree_control": "cpu memory\n" })
  write(join(root, "homeport"), { "cgroup.controllers": "cpu memory", "cgroup.subtree_control": "cpu memory" })
  await cgroups.create("/homeport/1", {})
  expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toBe("+cpuset +io +pids")
  expect(readFileSync(join(root, "homeport/cgroup.subtree_control"), "utf8")).toBe("cpu memory")
})

test("usage is read in the units of the contract, and without what the kernel can give back", async () => {
  const { root, cgroups } = aTree()
  write(join(root, "homeport/1"), {
    "cpu.stat": "usage_usec 1500\nuser_usec 1000\nthrottled_usec 20\n",
    "memory.current": "1000000\n",
    "memory.stat": "anon 600000\nfile 400000\ninactive_file 300000\n",
    "memory.max": "max\n",
    "memory.peak": "2000000\n",
    "pids.current": "4\n",
    "io.stat": "8:0 rbytes=10 wbytes=20\n",
    "memory.events": "low 0\noom 3\noom_kill 2\n",
  })
  expect(await cgroups.usage("/homeport/1")).toEqual({
    cpuNanoseconds: 1_500_000,
    throttledNanoseconds: 20_000,
    memoryBytes: 700_000,
    memoryCacheBytes: 300_000,
    memoryMaxBytes: 2_000_000,
    processes: 4,
    readBytes: 10,
    writtenBytes: 20,
  })
  expect(await cgroups.outOfMemoryKills("/homeport/1")).toBe(2)
})

test("a cgroup that is not there has no usage, and is removed again without harm", async () => {
  const { cgroups } = aTree()
  expect(await cgroups.usage("/homeport/1")).toBeUndefined()
  expect(await cgroups.outOfMemoryKills("/homeport/1")).toBe(0)
  await cgroups.remove("/homeport/1")
})

test("those below go before those above", async () => {
  const { root, cgroups } = aTree()
  mkdirSync(join(root, "homeport/1/app/inner"), { recursive: true })
  mkdirSync(join(root, "homeport/2"))
  await cgroups.remove("/homeport/1")
  expect(existsSync(join(root, "homeport/1"))).toBe(false)
  expect(existsSync(join(root, "homeport/2"))).toBe(true)
})
