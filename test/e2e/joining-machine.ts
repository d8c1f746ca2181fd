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
import { homeport, start } from "./command-line.ts"
import { tracesOf } from "./leaks.ts"
import { BOX } from "./stack.ts"
import { until } from "./until.ts"

export type Machine = ReturnType<typeof joiningMachine>

/** A machine that joins a region, with a data directory of its own; nothing of it is left when the test has finished. */
export function joiningMachine() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-machine-")))
  const data = dataDirectory(folder)
  const directory = nodeDirectory(data)
  // What machines leave in the network is looked at when all of them are gone.
  const traces = () => ({ ...tracesOf(folder, directory.cgroup), network: "" })
  const nothing = { network: "", mounts: [], cgroups: [], processes: [] }
  const run = (...words: readonly string[]) => homeport(...words, "--data", folder)
  onTestFinished(async () => {
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
    const child = start("node", ...words, "--data", folder)
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
    runAgain: () => runNode("run"),

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
