import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, openSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { Host } from "../../src/node/linux/host.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"
import { testFolder } from "./folder.ts"
import { until } from "./until.ts"

const ROOT = `/homeport-cgroup-test-${process.pid}`
const world = realWorld({ logLevel: "error" })

async function openTestHost(folder = testFolder()): Promise<Host> {
  const host = await openHost({ world, stateFolder: folder })
  onTestFinished(async () => {
    await host.cgroups.remove(ROOT)
    await host.close()
    execFileSync("sh", ["-c", `! mountpoint -q ${folder}/netns || umount ${folder}/netns`])
    expect(foldersOf(ROOT)).toEqual([])
  })
  return host
}

/** The folders of a cgroup, whatever the version. */
function foldersOf(path: string): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n")
  const points = mounts.flatMap((line) => (/ cgroup2? /.test(line) ? line.split(" ")[1]! : []))
  return points.map((point) => join(point, path)).filter(existsSync)
}

/** Runs a shell script whose every process is in the cgroup. */
function spawnIn(path: string, script: string) {
  const joined = foldersOf(path).map((folder) => `echo $$ > ${folder}/cgroup.procs`)
  return spawn("sh", ["-c", [...joined, script].join("; ")], { stdio: ["ignore", "pipe", "ignore"] })
}

test("what is used of a cgroup counts all that is below it", async () => {
  const { cgroups } = await openTestHost()
  // Little enough that it is held back on a busy machine as well.
  await cgroups.create(`${ROOT}/task`, { cpu: 0.05, memory: 256 << 20, pidsMax: 50 })
  await cgroups.create(`${ROOT}/task/app`, {})
  const app = spawnIn(`${ROOT}/task/app`, "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo done; exec sleep 100")
  await once(app.stdout, "data")

  const usage = (await cgroups.usage(`${ROOT}/task`))!
  expect(usage.cpuNanoseconds).toBeGreaterThan(10_000_000)
  expect(usage.throttledNanoseconds).toBeGreaterThan(0)
  expect(usage.memoryBytes).toBeGreaterThan(50_000)
  expect(usage.memoryMaxBytes).toBeGreaterThanOrEqual(usage.memoryBytes)
  expect(usage.memoryLimitBytes).toBe(256 << 20)
  expect(usage.processes).toBe(1)
})

test("no more processes start than a cgroup may have", async () => {
  const { cgroups } = await openTestHost()
  await cgroups.create(`${ROOT}/task`, { pidsMax: 5 })
  const app = spawnIn(`${ROOT}/task`, "for i in 1 2 3 4 5 6 7 8; do sleep 100 & done; echo started")
  await once(app, "exit")
  expect((await cgroups.usage(`${ROOT}/task`))!.processes).toBeLessThanOrEqual(5)
})

test("a process that eats its memory is killed, and that is counted for its cgroup and those above", async () => {
  const { cgroups } = await openTestHost()
  await cgroups.create(`${ROOT}/task`, { memory: 16 << 20 })
  await cgroups.create(`${ROOT}/task/app`, {})
  await cgroups.create(`${ROOT}/other`, { memory: 16 << 20 })
  const app = spawnIn(`${ROOT}/task/app`, "exec tail /dev/zero")
  expect(await once(app, "exit")).toEqual([null, "SIGKILL"])

  expect(await cgroups.outOfMemoryKills(`${ROOT}/task/app`)).toBe(1)
  expect(await cgroups.outOfMemoryKills(`${ROOT}/task`)).toBe(1)
  expect(await cgroups.outOfMemoryKills(`${ROOT}/other`)).toBe(0)
})

test("a cgroup goes away with processes that start others faster than they die", async () => {
  const { cgroups } = await openTestHost()
  await cgroups.create(`${ROOT}/task/app`, { pidsMax: 100 })
  spawnIn(`${ROOT}/task/app`, "echo up; spread() { sleep 0.01; spread & spread & }; spread")
  await until(async () => (await cgroups.usage(`${ROOT}/task/app`))!.processes > 10)
  await cgroups.remove(`${ROOT}/task`)
  expect(foldersOf(`${ROOT}/task`)).toEqual([])
  await cgroups.remove(`${ROOT}/task`)
  expect(await cgroups.usage(`${ROOT}/task`)).toBeUndefined()
})

test("creating what is there changes its limits", async () => {
  const { cgroups } = await openTestHost()
  await cgroups.create(`${ROOT}/task`, { memory: 16 << 20 })
  await cgroups.create(`${ROOT}/task`, { memory: 32 << 20 })
  expect((await cgroups.usage(`${ROOT}/task`))!.memoryLimitBytes).toBe(32 << 20)
})

test("held namespaces are new, can be joined, reap orphans, and are found again after a restart", async () => {
  const folder = testFolder()
  const first = await openTestHost(folder)
  const held = await first.hold("task", { pid: true, ipc: true }, `${ROOT}/task`)
  for (const [kind, path] of Object.entries(held)) {
    expect(readlinkSync(path)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`))
  }
  const [, , pid] = held.pid!.split("/")
  const join = ["--target", pid!, "--pid", "--ipc"]
  // An orphan that nobody waited for would be seen here as a zombie.
  execFileSync("nsenter", [...join, "sh", "-c", "(true &) ; (true &)"])
  await until(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").length === 1)
  expect((await first.cgroups.usage(`${ROOT}/task`))!.processes).toBeGreaterThan(0)
  await first.close()

  const again = await openTestHost(folder)
  expect(await again.hold("task", { pid: true, ipc: true }, `${ROOT}/task`)).toEqual(held)
  await again.release("task")
  expect(existsSync(`/proc/${pid}/ns/pid`)).toBe(false)
  await again.release("task")
})

test("a process that was given the number of one that held namespaces is left alone", async () => {
  const folder = testFolder()
  const host = await openTestHost(folder)
  const stranger = spawn("sleep", ["100"])
  onTestFinished(() => void stranger.kill("SIGKILL"))
  await host.hold("task", { pid: false, ipc: true }, `${ROOT}/task`)
  const file = join(folder, "holders", "task.json")
  const record = JSON.parse(readFileSync(file, "utf8")) as { pid: number; startTime: string }
  await host.close()
  // The kernel counts in hundredths of a second, and here both may begin within one; none began when the machine did.
  writeFileSync(file, JSON.stringify({ ...record, pid: stranger.pid, startTime: "1" }))

  const again = await openTestHost(folder)
  await again.release("task")
  expect(stranger.exitCode).toBeNull()
  expect(stranger.signalCode).toBeNull()
  process.kill(record.pid, "SIGKILL")
})

test("a hole in a file reads as zeros and takes no room", async () => {
  const folder = testFolder()
  const host = await openTestHost(folder)
  const file = join(folder, "log")
  writeFileSync(file, Buffer.alloc(1 << 20, "x"), { flush: true })
  const before = statSync(file).blocks
  host.punchHole(openSync(file, "r+"), 0, 512 << 10)

  expect(statSync(file).size).toBe(1 << 20)
  expect(statSync(file).blocks).toBeLessThanOrEqual(before / 2)
  const bytes = readFileSync(file)
  expect(bytes[(512 << 10) - 1]).toBe(0)
  expect(bytes[512 << 10]).toBe("x".charCodeAt(0))
})
