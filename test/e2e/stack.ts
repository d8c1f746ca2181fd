import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs"
import { ECS } from "@aws-sdk/client-ecs"
import { afterAll, expect } from "vitest"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { nodeStatus } from "../../src/main/node/node-control.ts"
import { nodeDirectory } from "../../src/main/node/node-directory.ts"
import { startTimeOf } from "../../src/node/linux/process-start.ts"
import { dockerArchive } from "../image/archive.ts"
import { anImage, type ImageSpec } from "../image/image.ts"
import { homeport, killed, lives, type Result, variables } from "./command-line.ts"
import { containerLinks, expectTraces, processesOfTasks, tracesOf } from "./leaks.ts"
import { enterPrivateNetwork } from "./private-network.ts"
import { until } from "./until.ts"

// All of Homeport as one command starts it: a region, a node, containers of the kernel's own.

/** What `stack.load` brought first: busybox, with a shell. */
export const BOX = "homeport.test/box:1"

export type Stack = Awaited<ReturnType<typeof startStack>>

/** For one test file, on a network of its own; nothing of it is left on the machine afterwards, or the file fails. */
export function startStack(...args: readonly string[]) {
  return startStackOn({ args })
}

export interface Ground {
  readonly args: readonly string[]

  /** Makes what has to be there before, on the stack's own network; gives what takes it away again. */
  readonly prepare?: () => Promise<() => Promise<void>>

  /** What the cgroup of a container is named for, where the runtime does not know it by the region's id. */
  readonly cgroupName?: (runtimeId: string) => string
}

/** The same on what a test has made for it. */
export async function startStackOn({ args, prepare, cgroupName = (runtimeId) => runtimeId }: Ground) {
  const { world, worldAddress } = enterPrivateNetwork()
  const takeAway = await prepare?.()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-stack-")))
  const directory = nodeDirectory(dataDirectory(folder))
  const before = tracesOf(folder, directory.cgroup)
  const run = (...words: readonly string[]) => homeport(...words, "--data", folder)
  const expectRun = async (...words: readonly string[]): Promise<Result> => {
    const result = await run(...words)
    expect(result).toMatchObject({ code: EXIT.ok, err: "" })
    return result
  }
  const record = (): Record<"supervisor" | "region", { pid: number }> =>
    JSON.parse(readFileSync(join(folder, "run.json"), "utf8"))

  const shared = mkdtempSync(join(tmpdir(), "homeport-shared-"))

  afterAll(async () => {
    rmSync(shared, { recursive: true })
    try {
      await expectRun("down", "--tasks")
      // What tasks had is gone with them; what is the node's own stays until it is removed.
      await until(() => processesOfTasks(folder, directory.cgroup).length === 0)
      expect(containerLinks()).toBe("")
      await expectRun("uninstall", "--yes")
      expect(existsSync(folder)).toBe(false)
      await expectTraces(folder, directory.cgroup, before)
    } finally {
      await takeAway?.()
    }
  }, 120_000)

  await expectRun("up", "--detach", "--port", "0", ...args).catch(async (error) => {
    // A file that cannot even begin has nothing of it taken away otherwise.
    await run("uninstall", "--yes")
    rmSync(shared, { recursive: true })
    await takeAway?.()
    throw error
  })
  const environment = variables((await expectRun("env")).out)
  const config = {
    endpoint: environment.AWS_ENDPOINT_URL!,
    region: environment.AWS_REGION!,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
    maxAttempts: 1,
  }
  const ecs = new ECS(config)
  const logs = new CloudWatchLogs(config)
  afterAll(() => {
    ecs.destroy()
    logs.destroy()
  })

  const stack = {
    folder,
    directory,
    world,
    worldAddress,
    environment,
    endpoint: config.endpoint,

    /** For clients of its region. */
    config,
    ecs,
    logs,
    run,
    record,

    /** For what containers are to share with a test. */
    shared,

    /** With busybox unless the spec says otherwise. */
    async load(reference: string, spec: ImageSpec = {}): Promise<string> {
      const file = join(folder, "image.tar")
      writeFileSync(file, await dockerArchive(await anImage(spec), reference))
      expect((await expectRun("image", "load", file)).out).toBe(`Loaded ${reference}\n`)
      rmSync(file)
      return reference
    },

    /** Amazon's own command line, as a user runs it beside this one. */
    async aws(...words: readonly string[]) {
      const { PATH } = process.env
      const env = { PATH, HOME: folder, ...environment }
      // Debian's does not read the endpoint from its environment.
      const all = ["--endpoint-url", environment.AWS_ENDPOINT_URL!, ...words]
      const { stdout } = await promisify(execFile)("/usr/bin/aws", all, { env, maxBuffer: 2 ** 26 })
      return stdout
    },

    nodePid: async () => (await nodeStatus(dataDirectory(folder)))?.pid,

    /** As `kill -9` does it; what supervises the node starts another one. */
    async killNode(): Promise<void> {
      const pid = (await until(stack.nodePid))!
      killed(pid)
      await until(() => !lives(pid))
    },
    isConnected: async () =>
      (await nodeStatus(dataDirectory(folder)))?.instances.every(({ isConnected }) => isConnected) === true,
    containerdPid: () => Number.parseInt(readFileSync(join(directory.containerd, "containerd.pid"), "utf8"), 10),

    /** All processes of a container, by the id that the runtime knows it by, the oldest first. */
    processesOf(runtimeId: string): number[] {
      const name = cgroupName(runtimeId)
      const found = readdirSync("/proc").flatMap((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(name)
            ? [{ pid: Number(pid), startTime: Number(startTimeOf(Number(pid)) ?? Number.POSITIVE_INFINITY) }]
            : []
        } catch {
          // It has just ended.
          return []
        }
      })
      return found.sort((a, b) => a.startTime - b.startTime).map(({ pid }) => pid)
    },

    /** What its json-file log holds now, whichever instance it is of. */
    log(runtimeId: string): { readonly log: string; readonly stream: string }[] {
      const ofInstances = join(directory.path, "logs")
      const at = (existsSync(ofInstances) ? readdirSync(ofInstances) : [])
        .map((instance) => join(ofInstances, instance, runtimeId, `${runtimeId}-json.log`))
        .find((file) => existsSync(file))
      if (at === undefined) return []
      const whole = readFileSync(at, "utf8").split("\n").slice(0, -1)
      return whole.map((line) => JSON.parse(line))
    },
  }
  await stack.load(BOX)
  await until(stack.isConnected)
  return stack
}
