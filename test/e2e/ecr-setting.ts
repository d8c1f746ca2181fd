import { execFile, execFileSync } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { join } from "node:path"
import { CLONE_NEWNET, setns } from "../../src/node/linux/libc.ts"
import { type Answer, aws, type Caller } from "../conformance/aws-cli.ts"
import type { Daemon } from "./daemon.ts"
import { startDockerd } from "./dockerd.ts"
import { type ServerProcess, startServer } from "./process.ts"

/** A region and a Docker that knows nothing of it, on a machine of their own. */
export interface RegistrySetting extends AsyncDisposable {
  readonly region: ServerProcess
  readonly endpoint: string

  /** The endpoint's host and port: what a registry is logged in to by. */
  readonly host: string
  readonly account: string
  aws(words: string, ...more: readonly string[]): Promise<Answer>

  /** Rejects with what the program complained of. */
  docker(words: string, input?: string): Promise<string>
  skopeo(words: string): Promise<string>

  /** Logs Docker in as the AWS guide has it. */
  login(): Promise<string>

  /** Ends the region in the middle of whatever it does, and starts it again on the same port. */
  killRegion(): Promise<void>
}

export async function startRegistrySetting(folder: string): Promise<RegistrySetting> {
  const before = openSync("/proc/thread-self/ns/net", "r")
  const daemon = await startDockerd({ bridge: true })
  try {
    enter(daemon)
    return await inside(folder, daemon, before)
  } catch (error) {
    leave(before)
    await daemon.stop()
    throw error
  }
}

async function inside(folder: string, daemon: Daemon, before: number): Promise<RegistrySetting> {
  const data = join(folder, "data")
  let region = startServer(data)
  const endpoint = await region.ready
  const { host, port } = new URL(endpoint)
  const credentials = await region.credentials()
  const caller: Caller = { ...credentials, endpoint, home: folder }
  const config = join(folder, "docker")
  const auth = join(folder, "skopeo.json")

  async function docker(words: string, input = ""): Promise<string> {
    return run(DOCKER, ["--config", config, "--host", `unix://${daemon.socket}`, ...words.split(" ")], input)
  }
  async function password(): Promise<string> {
    return (await aws(caller, "ecr get-login-password")).printed
  }
  return {
    get region() {
      return region
    },
    endpoint,
    host,
    account: credentials.account,
    aws: (words, ...more) => aws(caller, words, ...more),
    docker,
    async skopeo(words) {
      const [verb, ...rest] = words.split(" ")
      await run(
        "skopeo",
        ["login", "--authfile", auth, "--tls-verify=false", "-u", "AWS", "--password-stdin", host],
        await password(),
      )
      return run("skopeo", [verb!, "--authfile", auth, ...rest], "")
    },
    async login() {
      return docker(`login --username AWS --password-stdin ${host}`, await password())
    },
    async killRegion() {
      await region.kill()
      region = startServer(data, "--port", port)
      await region.ready
    },
    async [Symbol.asyncDispose]() {
      await region.kill()
      leave(before)
      await daemon.stop()
    },
  }
}

/** From here on, what this thread starts is on the daemon's machine. */
function enter({ networkNamespace }: Daemon): void {
  const namespace = openSync(networkNamespace, "r")
  setns(namespace, CLONE_NEWNET)
  closeSync(namespace)
}

function leave(before: number): void {
  setns(before, CLONE_NEWNET)
  closeSync(before)
}

function run(program: string, words: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { encoding: "utf8", maxBuffer: 2 ** 24 }, (error, output, complaint) => {
      if (error !== null) reject(new Error(`${program} ${words.join(" ")}: ${complaint || error.message}`))
      else resolve(output)
    })
    child.stdin!.end(input)
  })
}

/** The tree of a small image, as a tar. */
export function busyboxTree(folder: string, seed: string): string {
  const tar = join(folder, `${seed}.tar`)
  const script = `mkdir -p "$T/bin" && cp /bin/busybox "$T/bin/sh" && echo ${seed} > "$T/seed" && tar -C "$T" -cf "$TAR" .`
  execFileSync("sh", ["-ec", script], { env: { ...process.env, T: join(folder, `tree-${seed}`), TAR: tar } })
  return tar
}

/** Debian's own. */
const DOCKER = "/usr/bin/docker"
