import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, onTestFinished, test } from "vitest"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { nodeDirectory } from "../../src/main/node/node-directory.ts"
import { dockerArchive } from "../image/archive.ts"
import { anImage } from "../image/image.ts"
import { ROOT } from "../source.ts"
import { killed, lives, type Result, result } from "./command-line.ts"
import { tracesOf } from "./leaks.ts"
import { enterPrivateNetwork } from "./private-network.ts"
import { until } from "./until.ts"

// `homeport up` for somebody who is not root: with a sudo that asks for no password, and without.

enterPrivateNetwork()
const NOBODY = 65_534

/** Where files of the system can be others without anybody's noticing. */
const holder = spawn("unshare", ["--mount", "--propagation", "slave", "sh", "-c", "echo ready; exec sleep infinity"], {
  stdio: ["ignore", "pipe", "ignore"],
})
await once(holder.stdout!, "data")
afterAll(() => void holder.kill("SIGKILL"))
const enter = [`--mount=/proc/${holder.pid}/ns/mnt`]

/** The user's home, which holds the data as well; what a failed test left running there ends with it. */
function home(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-user-")))
  chownSync(folder, NOBODY, NOBODY)
  onTestFinished(async () => {
    await asUser(folder, "uninstall", "--yes")
    rmSync(folder, { recursive: true })
  })
  return folder
}

function asUser(folder: string, ...words: readonly string[]): Promise<Result> {
  const user = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"]
  const program = [process.execPath, "--disable-warning=ExperimentalWarning", join(ROOT, "src/main/cli.ts")]
  const child: ChildProcess = spawn("nsenter", [...enter, ...user, ...program, ...words], {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
  })
  return result(child)
}

test("without root and sudo the region runs alone, and says what to do", async () => {
  const folder = home()
  const { code, out, err } = await asUser(folder, "up", "--detach", "--port", "0")
  expect(code).toBe(EXIT.ok)
  expect(out).toContain(`Data         ${folder}/.local/share/homeport`)
  expect(err).toMatch(
    /^No containers can run on this machine\. Nothing here can run containers: containerd needs root, .* with sudo, and .*Docker.*\.\n$/,
  )
  expect((await asUser(folder, "status")).code).toBe(EXIT.ok)
  expect((await asUser(folder, "node", "status")).code).toBe(EXIT.failed)
  expect(await asUser(folder, "uninstall", "--yes")).toMatchObject({ code: EXIT.ok, err: "" })
  expect(existsSync(`${folder}/.local/share/homeport`)).toBe(false)
})

test("with sudo the node is root's, and its user works with it as with the region", async () => {
  const folder = home()
  const sudoers = join(folder, "sudoers")
  writeFileSync(sudoers, `#${NOBODY} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
  execFileSync("nsenter", [...enter, "mount", "--bind", sudoers, "/etc/sudoers"])
  const data = dataDirectory(join(folder, ".local/share/homeport"))
  const directory = nodeDirectory(data)
  const before = tracesOf(data.path, directory.cgroup)

  const up = await asUser(folder, "up", "--detach", "--port", "0")
  expect(up).toMatchObject({ code: EXIT.ok, err: "" })
  expect(up.out).toContain("Containers run on this machine through containerd")
  expect(statSync(data.nodeControl).uid).toBe(NOBODY)
  expect(statSync(directory.memberships)).toMatchObject({ uid: 0 })
  const { out } = await asUser(folder, "node", "status")
  const node = Number(/process (\d+)/.exec(out)![1])
  expect(readFileSync(`/proc/${node}/status`, "utf8")).toMatch(/^Uid:\t0\t/m)

  const image = join(folder, "image.tar")
  writeFileSync(image, await dockerArchive(await anImage(), "homeport.test/box:1"))
  expect(await asUser(folder, "image", "load", image)).toMatchObject({ out: "Loaded homeport.test/box:1\n", err: "" })

  // The next one is started with sudo as well.
  killed(node)
  await until(async () => /process (?!0)/.test((await asUser(folder, "node", "status")).out))
  expect(await asUser(folder, "down", "--tasks")).toMatchObject({
    code: EXIT.ok,
    out: "Stopped 0 tasks.\nHomeport has stopped.\n",
  })
  expect(lives(node)).toBe(false)

  expect(await asUser(folder, "up", "--detach", "--port", "0")).toMatchObject({ code: EXIT.ok, err: "" })
  expect(await asUser(folder, "node", "leave", "default")).toMatchObject({
    code: EXIT.refused,
    err: expect.stringContaining("Put sudo before the command"),
  })
  expect(await asUser(folder, "uninstall", "--yes")).toMatchObject({ code: EXIT.ok, err: "" })
  expect(existsSync(data.path)).toBe(false)
  for (let looks = 0; looks < 100 && tracesOf(data.path, directory.cgroup).processes.length > 0; looks++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  expect(tracesOf(data.path, directory.cgroup)).toEqual(before)
})
