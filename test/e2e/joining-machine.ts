import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { expect, onTestFinished } from "vitest"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import type { InstanceStatus } from "../../src/main/node/node-control.ts"
import { nodeStatus } from "../../src/main/node/node-control.ts"
import { nodeDirectory } from "../../src/main/node/node-directory.ts"
import { dockerArchive } from "../image/archive.ts"
import { anImage } from "../image/image.ts"
import { killed, lives, result, startThrough } from "./command-line.ts"
import { tracesOf } from "./leaks.ts"
import { BOX } from "./stack.ts"
import { until } from "./until.ts"

export type Machine = ReturnType<typeof joiningMachine>

export interface MachineOptions {
  /** The path of the network namespace that it is in; that of this thread, unless there is one. */
  readonly network?: string

  /** Takes what is to be done at the end; that of the test, unless it is said. */
  readonly atEnd?: (work: () => Promise<void>) => void
}

/** A machine that joins a region, with a data directory of its own; nothing of it is left when the test has finished. */
export function joiningMachine({ network, atEnd = onTestFinished }: MachineOptions = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-machine-")))
  const data = dataDirectory(folder)
  const directory = nodeDirectory(data)
  // What machines leave in the network is looked at when all of them are gone.
  const traces = () => ({ ...tracesOf(folder, directory.cgroup), network: "" })
  const nothing = { network: "", mounts: [], cgroups: [], processes: [] }
  const inNetwork = network === undefined ? [] : ["nsenter", `--net=${network}`]
  const begin = (...words: readonly string[]) => startThrough(inNetwork, ...words, "--data", folder)
  const run = (...words: readonly string[]) => result(begin(...words))
  atEnd(async () => {
    const { code, err } = await run("uninstall", "--yes")
    // One that never got so far has nothing to remove.
    if (code !== EXIT.ok) expect(err).toMatch(/does not look like|There is no Homeport/)
    for (let looks = 0; looks < 100 && traces().processes.length > 0; looks++) await pause(20)
    expect(traces()).toEqual(nothing)
    rmSync(folder, { recursive: true, force: true })
  })
  const instances = async (): Promise<readonly InstanceStatus[]> => (await nodeStatus(data))?.instances ?? []
  /** In the foreground; resolves when all regions have it. */
  const runNode = async (...words: readonly string[]) => {
    const child = begin("node", ...words)
    let said = ""
    child.stdout!.setEncoding("utf8").on("data", (text) => (said += text))
    child.stderr!.setEncoding("utf8").on("data", (text) => (said += text))
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`The node ended: ${said}`)
      const all = await instances()
      return all.length > 0 && all.every(({ isConnected }) => isConnected)
    })
  }
  return {
    folder,
    directory,
    run,
    instances,
    pid: async () => (await nodeStatus(data))?.pid,
    runAgain: (...words: readonly string[]) => runNode("run", ...words),

    /** The same, for one whose region may be away. */
    async startAgain(): Promise<void> {
      begin("node", "run")
      await until(async () => (await nodeStatus(data)) !== undefined)
    },

    /** As `kill -9` does it. */
    async kill(): Promise<void> {
      const { pid } = (await nodeStatus(data))!
      killed(pid)
      await until(() => !lives(pid))
    },

    /** Joins and runs on, with busybox. */
    async join(server: string, token: string, ...words: readonly string[]): Promise<void> {
      await runNode("join", "--server", server, "--token", token, ...words)
      const file = join(folder, "image.tar")
      writeFileSync(file, await dockerArchive(await anImage(), BOX))
      expect(await run("image", "load", file)).toMatchObject({ code: EXIT.ok })
      rmSync(file)
    },
  }
}
