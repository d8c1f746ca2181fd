import { execFileSync, spawn } from "node:child_process"
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import type { World } from "../../../world/world.ts"
import { EngineError } from "../engine-error.ts"
import { containerdClient } from "./client.ts"
import { containerdConfiguration, containerdFolder } from "./configuration.ts"
import { readOnlyRuntime, releaseRuntime } from "./machine/read-only-runtime.ts"
import { findRuntime, type Runtime } from "./machine/runtime.ts"
import { hybridCgroupMount, isSharedMount, mountsBelow } from "./mounts.ts"
import { isAlive, processIdentity } from "./process-identity.ts"
import { keepStateInMemory, releaseState } from "./state-in-memory.ts"

/**
 * An instance of containerd of our own. It is no child that ends with us: it stays when this process ends, and the next
 * one finds it again. While somebody watches it, it is started again when it dies; containers do not notice.
 */
export interface SupervisedContainerd {
  readonly address: string

  /** It sees no mounts that were made outside of its folder since it was started: what containers use lies below it. */
  readonly ownMounts: boolean

  /** What its containers are to be run with. */
  readonly runtime: Runtime

  /** Where its shims have their folders. */
  readonly state: string
  pid(): number | undefined

  /** Stops watching; containerd runs on. */
  close(): void

  /** Ends containerd as well. Containers run on, and are found again by the next one. */
  stop(): Promise<void>
}

export interface SupervisionOptions {
  readonly world: World

  /** For its configuration, content and state; made when it is not there. */
  readonly folder: string
  readonly program?: string
}

export async function superviseContainerd({
  world,
  folder,
  program = "containerd",
}: SupervisionOptions): Promise<SupervisedContainerd> {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const paths = containerdFolder(realpathSync(folder))
  const hybrid = hybridCgroupMount()
  let identity = readIdentity(paths.pid)
  let closed = false
  let failures = 0
  let cancel = () => {}

  function start(): void {
    const text = containerdConfiguration(paths)
    if (!existsSync(paths.configuration) || readFileSync(paths.configuration, "utf8") !== text) {
      writeFileSync(paths.configuration, text)
    }
    const words = [program, "--config", paths.configuration]
    if (hybrid !== undefined) {
      const without = ["sh", "-c", 'umount "$0" && exec "$@"', hybrid]
      words.unshift("unshare", "--mount", "--propagation", "slave", ...without)
    }
    const log = openSync(paths.log, "a", 0o600)
    const child = spawn(words[0]!, words.slice(1), {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: "/",
      env: { PATH: PROGRAM_PATH },
    })
    closeSync(log)
    child.once("error", (error) => world.log.error("containerd cannot be started", { error: error.message }))
    child.unref()
    identity = child.pid === undefined ? undefined : processIdentity(child.pid)
    if (identity === undefined) return
    writeFileSync(`${paths.pid}.new`, identity)
    renameSync(`${paths.pid}.new`, paths.pid)
  }

  /** It need not be our child, so nobody tells us of its end. */
  function watch(): void {
    if (closed) return
    const alive = identity !== undefined && isAlive(identity)
    if (alive) failures = Math.max(0, failures - LOOK_MS / FORGIVEN_MS)
    else {
      world.log.warn("containerd has ended and is started again", { failures: Math.ceil(failures) })
      start()
      failures += 1
    }
    boundLog(paths.log)
    const delay = alive ? LOOK_MS : Math.min(RESTART_MS * 2 ** failures, RESTART_MS_MAX)
    cancel = world.after(delay, watch)
  }

  function close(): void {
    closed = true
    cancel()
  }

  // Before containerd has mounts of its own, which begin as a copy of ours.
  if (hybrid !== undefined) share(paths.folder)
  const runtime = { ...readOnlyRuntime(findRuntime(false), paths.folder), root: join(paths.state, "runtime") }
  const found = identity !== undefined && isAlive(identity)
  if (!found) {
    keepStateInMemory(paths.state)
    start()
  }
  try {
    await answers(world, paths.socket)
  } catch (error) {
    const lines = existsSync(paths.log) ? readFileSync(paths.log, "utf8").trim().split("\n") : []
    throw new EngineError("unavailable", `containerd does not answer: ${lines.at(-1) ?? ""}`, { cause: error })
  }
  cancel = world.after(LOOK_MS, watch)

  return {
    address: paths.socket,
    ownMounts: hybrid !== undefined,
    runtime,
    state: paths.state,
    pid: () => (identity !== undefined && isAlive(identity) ? Number.parseInt(identity, 10) : undefined),
    close,
    async stop() {
      close()
      const ended = () => identity === undefined || !isAlive(identity)
      if (!ended()) process.kill(Number.parseInt(identity!, 10), "SIGTERM")
      for (let waited = 0; !ended() && waited < STOP_MS; waited += LOOK_MS) await passed(world, LOOK_MS)
      if (!ended()) process.kill(Number.parseInt(identity!, 10), "SIGKILL")
      while (!ended()) await passed(world, LOOK_MS)
      releaseRuntime(paths.folder)
      releaseState(paths.state)
      // What somebody else has mounted below it stays, as networks and volumes do.
      if (isSharedMount(paths.folder) && mountsBelow(paths.folder).length === 0) execFileSync("umount", [paths.folder])
    },
  }
}

/** It says a few lines for each container, for as long as the machine runs. What it appends to stays the same file. */
function boundLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES_MAX) return
  copyFileSync(file, `${file}.1`)
  truncateSync(file)
}

async function answers(world: World, address: string): Promise<void> {
  const client = containerdClient({ world, address, namespace: "default" })
  try {
    await client.connect(START_MS)
    await client.version.version({}, { timeoutMs: START_MS })
  } finally {
    client.close()
  }
}

/** Mounts below it, as of volumes, are to reach a containerd that has mounts of its own. */
function share(folder: string): void {
  if (isSharedMount(folder)) return
  execFileSync("mount", ["--bind", folder, folder])
  execFileSync("mount", ["--make-shared", folder])
}

function readIdentity(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined
}

function passed(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => world.after(ms, resolve))
}

/** Where containerd looks for its shim. What runs containers is given to it by its whole path. */
const PROGRAM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const LOG_BYTES_MAX = 8 * 2 ** 20
const LOOK_MS = 100
const START_MS = 20_000
const STOP_MS = 5_000
const RESTART_MS = 50
const RESTART_MS_MAX = 5_000

/** So long it has to live for one failure to be forgotten. */
const FORGIVEN_MS = 10_000
