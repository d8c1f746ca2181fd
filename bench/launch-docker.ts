import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { Agent, request } from "node:http"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { DOCKERD_CGROUP, startDockerd } from "../test/e2e/dockerd.ts"
import { IDLE_IMAGE, idleImage } from "./idle-image.ts"

export type DockerLaunches = NonNullable<Awaited<ReturnType<typeof startDocker>>>

/** A Docker of our own with the same image, as Debian has it: on its bridge, with its containerd and runc. */
export async function startDocker(say: (sentence: string) => void) {
  const version = await run("docker", ["--version"]).catch(() => undefined)
  if (version === undefined) {
    say("Docker is not installed, so no launch was compared with it (Debian: apt-get install docker.io).")
    return undefined
  }
  const dockerd = await startDockerd({ bridge: true })
  const { socket, directory } = dockerd
  const docker = (...words: readonly string[]) => run("docker", ["--host", `unix://${socket}`, ...words])
  const kept = new Agent({ keepAlive: true })
  const file = join(directory, "image.tar")
  writeFileSync(file, await idleImage())
  await docker("load", "--input", file)
  rmSync(file)

  async function byCommand(): Promise<string> {
    const { stdout } = await docker("run", "--detach", "--memory", "32m", IDLE_IMAGE)
    return stdout.trim()
  }

  async function byApi(): Promise<string> {
    const container = { Image: IDLE_IMAGE, HostConfig: { Memory: 32 * 2 ** 20 } }
    const path = `/containers/create?name=idle-${randomUUID()}`
    const { Id: id } = JSON.parse(await ask(socket, kept, "POST", path, container))
    await ask(socket, kept, "POST", `/containers/${id}/start`)
    return id
  }

  async function remove(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => ask(socket, kept, "DELETE", `/containers/${id}?force=1`)))
    await sleep(SETTLE_MS + ids.length * SETTLE_MS_EACH)
  }

  async function measured(count: number, launch: () => Promise<string>): Promise<number[]> {
    const startedAt = performance.now()
    const launches = await Promise.all(
      Array.from({ length: count }, async () => ({ id: await launch(), ms: performance.now() - startedAt })),
    )
    await remove(launches.map(({ id }) => id))
    return launches.map(({ ms }) => ms)
  }

  async function timed(work: () => Promise<unknown>): Promise<number> {
    const startedAt = performance.now()
    await work()
    return performance.now() - startedAt
  }

  return {
    cgroup: DOCKERD_CGROUP,
    run: (count: number) => measured(count, byCommand),
    start: (count: number) => measured(count, byApi),

    async keeping<Result>(count: number, look: () => Promise<Result>): Promise<Result> {
      const ids = await Promise.all(Array.from({ length: count }, byApi))
      const seen = await look()
      await remove(ids)
      return seen
    },
    firstCommand: () => timed(() => docker("ps")),
    firstQuestion: () => timed(() => ask(socket, undefined, "GET", "/containers/json?limit=1")),

    async [Symbol.asyncDispose]() {
      kept.destroy()
      await dockerd.stop()
    },
  }
}

function ask(
  socketPath: string,
  agent: Agent | undefined,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? "" : JSON.stringify(body)
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) }
    const asked = request({ socketPath, method, path, headers, agent: agent ?? false }, (response) => {
      let answer = ""
      response.setEncoding("utf8").on("data", (piece: string) => {
        answer += piece
      })
      response.once("end", () => {
        if (response.statusCode! < 300) resolve(answer)
        else reject(new Error(`${method} ${path}: ${answer}`))
      })
    })
    asked.once("error", reject)
    asked.end(text)
  })
}

const run = promisify(execFile)
const SETTLE_MS = 150
const SETTLE_MS_EACH = 20
