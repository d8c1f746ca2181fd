import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { containerdClient } from "../../src/node/engine/containerd/client.ts"
import { openContainerd } from "../../src/node/engine/containerd/containerd.ts"
import { containerdImages } from "../../src/node/engine/containerd/images/images.ts"
import { shimsOf } from "../../src/node/engine/containerd/life/left-shims.ts"
import { readOnlyRuntime, releaseRuntime } from "../../src/node/engine/containerd/machine/read-only-runtime.ts"
import { findRuntime } from "../../src/node/engine/containerd/machine/runtime.ts"
import { type SupervisedContainerd, superviseContainerd } from "../../src/node/engine/containerd/supervised.ts"
import type { Engine } from "../../src/node/engine/engine.ts"
import { PROGRAMS } from "../../src/node/engine/suite/programs.ts"
import { Stage, textOf } from "../../src/node/engine/suite/stage.suite.ts"
import type { Host } from "../../src/node/linux/host.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"
import { loadSuiteImages } from "./engine-setting.ts"
import { until } from "./until.ts"

const world = realWorld({ logLevel: "error" })
const cgroupRoot = `/homeport-special-${process.pid}`
const NAMESPACE = "special"
const HELD = { sharesPids: true, sharesIpc: true }

let folder: string
let containerd: SupervisedContainerd
let host: Host
let engine: Engine
let images: { readonly plain: string; readonly withEntryPoint: string }

/** In words that another process understands as well. */
function options() {
  const { address, ownMounts, runtime } = containerd
  return {
    host: { stateFolder: join(folder, "host"), addresses: "10.214.0.0/16" },
    engine: { address, ownMounts, runtime, namespace: NAMESPACE, stateFolder: join(folder, "engine"), cgroupRoot },
  }
}

async function openEngine(): Promise<Engine> {
  host = await openHost({ world, ...options().host })
  engine = await openContainerd({
    world,
    host,
    ...options().engine,
    images: (client) =>
      containerdImages({
        world,
        client,
        registry: undefined as never,
        platform: { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" },
        snapshotter: "overlayfs",
      }),
  })
  return engine
}

async function closeEngine(): Promise<void> {
  await engine.close()
  await host.close()
}

function setUp(): Stage {
  return new Stage({ world, engine, images, reopen, dispose: async () => {} }, engine)
}

async function reopen(): Promise<Engine> {
  await closeEngine()
  return openEngine()
}

beforeAll(async () => {
  folder = mkdtempSync(`/run/homeport-special-${process.pid}-`)
  containerd = await superviseContainerd({ world, folder })
  await openEngine()
  images = await loadSuiteImages(engine)
})

afterAll(async () => {
  await closeEngine()
  execFileSync("umount", ["--lazy", join(folder, "host/netns")])
  await containerd.stop()
  const left = pidsOf(folder)
  // Also where a test has failed, nothing of it may stay on the machine.
  for (const pid of [...left, ...pidsIn(cgroupRoot)]) process.kill(pid, "SIGKILL")
  await until(() => pidsIn(cgroupRoot).length === 0 && pidsOf(folder).length === 0)
  for (const path of cgroupsNamed(cgroupRoot)) execFileSync("find", [path, "-depth", "-type", "d", "-delete"])
  for (const path of mountsBelow(folder).reverse()) execFileSync("umount", ["--lazy", path])
  rmSync(folder, { recursive: true, force: true })
  expect(left).toEqual([])
})

test("containerd that was killed is started again, and containers do not notice", async () => {
  const stage = setUp()
  const running = await stage.running(PROGRAMS.talksUntilTold.script)
  const ending = await stage.running("read line; exit 5", { openStdin: true })
  const position = await stage.heard(running, "first\n")
  const { pid } = (await engine.inspect(running))!
  const before = containerd.pid()!
  const events = stage.watch()

  process.kill(before, "SIGKILL")
  // Ends while nobody can tell us.
  process.kill((await engine.inspect(ending))!.pid!, "SIGKILL")
  await until(() => events.some(({ kind }) => kind === "resync"))
  expect(containerd.pid()).not.toBe(before)
  expect(await engine.isWell()).toBe(true)

  expect(await engine.inspect(running)).toMatchObject({ status: "running", pid })
  expect(await stage.ended(ending)).toMatchObject({ exitCode: 137 })
  const rest = stage.logOf(running, position)
  expect(await engine.signal(running, "SIGTERM")).toBe(true)
  expect(await stage.ended(running)).toMatchObject({ exitCode: 0 })
  expect(textOf(await rest, "stdout")).toBe("last\n")
  expect((await stage.run(PROGRAMS.fails.script)).exitCode).toBe(3)
})

test("containers are made by a copy of crun that nobody can write to, and that is there as long as they are", async () => {
  const { path } = containerd.runtime
  expect(path.startsWith(`${folder}/`)).toBe(true)
  expect(() => writeFileSync(path, "", { flag: "r+" })).toThrow("EROFS")
  const stage = setUp()
  const running = await stage.running(PROGRAMS.talksUntilTold.script)
  // Before that it does not hear that it shall end.
  await stage.heard(running, "first\n")

  // As after a stop of Homeport: the mount is gone, and containers are not.
  releaseRuntime(folder)
  expect(mountsBelow(folder)).not.toContain(path)
  expect(await engine.signal(running, "SIGTERM")).toBe(true)
  expect(await stage.ended(running)).toMatchObject({ exitCode: 0 })
  expect((await stage.run(PROGRAMS.fails.script)).exitCode).toBe(3)

  readOnlyRuntime(findRuntime(false), folder)
  expect(() => writeFileSync(path, "", { flag: "r+" })).toThrow("EROFS")
  expect((await stage.run(PROGRAMS.fails.script)).exitCode).toBe(3)
})

test("a shim that was killed takes its own container with it, and no other", async () => {
  const stage = setUp()
  const taskId = await stage.aTask()
  const victim = await stage.running(PROGRAMS.stubborn.script, { taskId })
  const other = await stage.running(PROGRAMS.waits.script, { taskId })
  const { pid } = (await engine.inspect(victim))!
  const untouched = await engine.inspect(other)
  const events = stage.watch()

  process.kill(parentOf(pid!), "SIGKILL")
  expect(await stage.ended(victim)).toMatchObject({ exitCode: 137, outOfMemory: false })
  await until(() => isDead(pid!))
  expect(events).toEqual([expect.objectContaining({ kind: "stopped", id: victim, exitCode: 137 })])
  expect(await engine.inspect(other)).toEqual(untouched)

  await engine.start(victim)
  expect(await engine.inspect(victim)).toMatchObject({ status: "running" })
})

test("a shim that containerd has forgotten does not stay, and the container can be started", async () => {
  const stage = setUp()
  const container = await stage.aContainer({ script: PROGRAMS.waits.script })
  // As it is when whoever asked for it was killed while the shim started.
  const bundle = join(containerd.state, "io.containerd.runtime.v2.task", NAMESPACE, container)
  const work = join(folder, "root/io.containerd.runtime.v2.task", NAMESPACE, container)
  mkdirSync(join(bundle, "rootfs"), { recursive: true })
  mkdirSync(work, { recursive: true })
  symlinkSync(work, join(bundle, "work"))
  writeFileSync(join(bundle, "config.json"), "{}")
  execFileSync("mkfifo", [join(bundle, "log")])
  const log = openSync(join(bundle, "log"), "r+")
  onTestFinished(() => closeSync(log))
  const words = ["-namespace", NAMESPACE, "-address", containerd.address, "-id", container, "start"]
  execFileSync("containerd-shim-runc-v2", words, { cwd: bundle, env: { ...process.env, TTRPC_ADDRESS: "" } })
  expect(shimsOf({ address: containerd.address, namespace: NAMESPACE }).map(({ id }) => id)).toContain(container)

  stage.engine = await reopen()
  await until(() => !shimsOf({ address: containerd.address, namespace: NAMESPACE }).some(({ id }) => id === container))
  await until(() => !existsSync(bundle))
  expect([existsSync(bundle), existsSync(work)]).toEqual([false, false])
  await engine.start(container)
  expect(await engine.inspect(container)).toMatchObject({ status: "running" })
})

test("a start that was asked for comes about once, however soon whoever asked is killed", async () => {
  const stage = setUp()
  for (let round = 0; round < 6; round++) {
    const script = `echo begun; ${PROGRAMS.waits.script}`
    const ids = await Promise.all([1, 2, 3].map(() => stage.aContainer({ script })))
    await closeEngine()
    const words = [join(import.meta.dirname, "start-process.ts"), JSON.stringify(options()), ...ids]
    const asking = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] })
    await once(asking.stdout, "data")
    await pause(round * 15)
    asking.kill("SIGKILL")
    await once(asking, "exit")

    stage.engine = await openEngine()
    const events = stage.watch()
    await Promise.all(ids.map((id) => engine.start(id)))
    await pause(300)
    for (const id of ids) {
      expect(await engine.inspect(id)).toMatchObject({ status: "running" })
      await engine.signal(id, "SIGKILL", true)
      expect(await stage.ended(id)).toMatchObject({ exitCode: 137 })
      expect(textOf(await stage.logOf(id), "stdout")).toBe("begun\n")
    }
    expect(events.filter(({ kind }) => kind === "stopped")).toHaveLength(ids.length)
  }
})

test("ends that came while this process was away are known with their codes, and their logs are whole", async () => {
  const stage = setUp()
  const ids = await Promise.all(
    [0, 3, 137].map((code) => stage.running(`read line; echo bye ${code}; exit ${code}`, { openStdin: true })),
  )
  const hungry = await stage.running(`read line; ${PROGRAMS.eatsMemory.script}`, {
    openStdin: true,
    limits: { cpuShares: 0, memory: 16 << 20 },
  })
  const fifos = [...ids, hungry].map((id) => join(folder, "engine/containers", id, "stdin"))
  const pids = await Promise.all([...ids, hungry].map(async (id) => (await engine.inspect(id))!.pid!))

  await closeEngine()
  for (const fifo of fifos) execFileSync("sh", ["-c", 'echo now > "$0"', fifo])
  await until(() => pids.every(isDead))
  stage.engine = await openEngine()

  const states = await Promise.all(ids.map((id) => stage.ended(id)))
  expect(states.map(({ exitCode }) => exitCode)).toEqual([0, 3, 137])
  expect(await stage.ended(hungry)).toMatchObject({ exitCode: 137, outOfMemory: true })
  for (const [index, code] of [0, 3, 137].entries()) {
    expect(textOf(await stage.logOf(ids[index]!), "stdout")).toBe(`bye ${code}\n`)
  }
})

test("a container of which nothing is left, not even its end, has stopped without a code", async () => {
  const stage = setUp()
  const id = await stage.running(PROGRAMS.waits.script)
  await closeEngine()
  // As after the machine was started again: containerd knows the container, and nothing of a process.
  const client = containerdClient({ world, address: containerd.address, namespace: NAMESPACE })
  await client.tasks.kill({ containerId: id, signal: 9, all: true })
  await client.tasks.wait({ containerId: id })
  await client.tasks.delete({ containerId: id })
  client.close()
  stage.engine = await openEngine()

  const state = await stage.ended(id)
  expect(state.exitCode).toBeUndefined()
  expect(state.stoppedAt).toBeUndefined()
  await engine.start(id)
  expect((await engine.inspect(id))!.status).toBe("running")
})

test("a log that nobody reads takes no more room than it may, and what was released takes none", async () => {
  const stage = setUp()
  const bytesMax = 1 << 20
  const flooding = await stage.running("yes 0123456789abcde | head -c 60000000; exec sleep 1000", {
    logBytesMax: bytesMax,
  })
  const file = join(folder, "engine/containers", flooding, "stdout")
  await until(() => statSync(file).size === 60_000_000 && roomOf(file) <= bytesMax + 2 * 4096)

  const enough = new AbortController()
  const chunks = []
  for await (const chunk of engine.logs(flooding).read(undefined, enough.signal)) {
    chunks.push(chunk)
    if (chunk.next === "60000000.0") break
  }
  const length = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(length).toBeLessThanOrEqual(bytesMax)
  expect(chunks.map(({ lostBytes }) => lostBytes)).toEqual([60_000_000 - length, ...chunks.slice(1).map(() => 0)])
  expect(textOf(chunks, "stdout").replace(/^.*\n/, "")).toMatch(/^(0123456789abcde\n)+$/)

  await engine.logs(flooding).release(chunks.at(-1)!.next)
  expect(roomOf(file)).toBeLessThanOrEqual(4096)

  // What was let go before stays so after a restart, and is not taken for zeros.
  stage.engine = await reopen()
  await engine.signal(flooding, "SIGKILL", true)
  await stage.ended(flooding)
  expect(textOf(await stage.logOf(flooding), "stdout")).toBe("")
})

test("what containerd itself says takes no more room than it may", async () => {
  const file = join(folder, "containerd.log")
  appendFileSync(file, `${"x".repeat(99)}\n`.repeat(90_000))
  await until(() => statSync(file).size < 1_000_000)
  expect(statSync(`${file}.1`).size).toBeGreaterThan(8_000_000)
})

test("a task that is removed leaves nothing on the machine", async () => {
  const before = traces()
  const stage = setUp()
  onTestFinished(() => host.networks.closeInstance(stage.instance))
  const taskId = await stage.aTask(HELD)
  const network = await stage.aNetwork(taskId, {
    mode: "bridge",
    ports: [{ containerPort: 80, hostPort: 28_480, protocol: "tcp" }],
  })
  const inTask = { taskId, networkId: network.id, pid: "task", ipc: "task" } as const
  const forking = await stage.running(
    "for i in 1 2 3 4 5; do sh -c 'trap \"\" TERM; while :; do sleep 1; done' & done; wait",
    inTask,
  )
  const ended = await stage.running(PROGRAMS.fails.script, inTask)
  await stage.aContainer({ ...inTask, mounts: [{ kind: "tmpfs", target: "/scratch", options: [] }] })
  const killed = await stage.running(PROGRAMS.waits.script, { ...inTask, terminal: true })
  await stage.ended(ended)
  process.kill(parentOf((await engine.inspect(killed))!.pid!), "SIGKILL")
  expect((await engine.exec(forking, { command: ["true"], outputLengthMax: 10 })).exitCode).toBe(0)
  expect(traces()).not.toEqual(before)

  await engine.removeTask(stage.instance, taskId)
  await host.networks.closeInstance(stage.instance)
  expect(await until(async () => (JSON.stringify(traces()) === JSON.stringify(before) ? traces() : undefined))).toEqual(
    before,
  )
  const client = containerdClient({ world, address: containerd.address, namespace: NAMESPACE })
  for await (const { info } of client.snapshots.list({ snapshotter: "overlayfs" })) {
    expect(info.filter(({ kind }) => kind === "ACTIVE")).toEqual([])
  }
  client.close()
})

test("a start is quick", async () => {
  const stage = setUp()
  const taskId = await stage.aTask()
  const { id: networkId } = await stage.aNetwork(taskId)
  const steps: { create: number; start: number }[] = []
  for (let i = 0; i < 20; i++) {
    const spec = await stage.aSpec({ taskId, networkId, script: PROGRAMS.waits.script })
    const begin = world.monotonic()
    await engine.create(spec)
    const created = world.monotonic()
    await engine.start(spec.id)
    steps.push({ create: created - begin, start: world.monotonic() - created })
    await engine.remove(spec.id)
  }
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  const [create, start] = [median(steps.map((step) => step.create)), median(steps.map((step) => step.start))]
  console.log(`create ${create.toFixed(1)} ms, start ${start.toFixed(1)} ms (median of ${steps.length})`)
  // Far above what a quiet machine needs: this one may be busy with other tests.
  expect(create + start).toBeLessThan(1_000)
})

/** What is on the machine because of us. */
function traces() {
  const files = readdirSync(join(folder, "engine"), { recursive: true, withFileTypes: true })
  return {
    mounts: mountsBelow(folder).filter((path) => path !== folder && path !== join(folder, "host/netns")),
    files: files.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name)),
    cgroups: cgroupsNamed(cgroupRoot).flatMap((path) =>
      readdirSync(path, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isDirectory() && /^[0-9a-f]{32,}$/.test(entry.name),
      ),
    ),
    processes: processesOf(folder).filter((command) => !command.startsWith("containerd ")),
    sharedMemory: readdirSync("/dev/shm").filter((name) => name.startsWith("homeport-")).length,
    links: readdirSync("/sys/class/net").length,
  }
}

function mountsBelow(path: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
  return points.filter((point) => point === path || point.startsWith(`${path}/`)).sort()
}

function processesOf(path: string): string[] {
  return pidsOf(path)
    .map((pid) => readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " "))
    .sort()
}

/** Those that name a path in their command line: containerd and its shims. */
function pidsOf(path: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((name) => readIfThere(`/proc/${name}/cmdline`).includes(path))
    .map(Number)
}

function pidsIn(cgroup: string): number[] {
  const files = cgroupsNamed(cgroup).flatMap((path) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter(({ name }) => name === "cgroup.procs")
      .map(({ parentPath, name }) => join(parentPath, name)),
  )
  return [...new Set(files.flatMap((file) => readIfThere(file).split("\n").filter(Boolean).map(Number)))]
}

function cgroupsNamed(root: string): string[] {
  const hierarchies = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]
  return hierarchies.map((hierarchy) => join(hierarchy, root)).filter((path) => existsSync(path))
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1])
}

/** What has ended may wait for its parent to take notice. */
function isDead(pid: number): boolean {
  return [undefined, "Z", "X"].includes(/^State:\s*(\w)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1])
}

/** That it takes on the disk, holes not counted. */
function roomOf(file: string): number {
  return statSync(file).blocks * 512
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
