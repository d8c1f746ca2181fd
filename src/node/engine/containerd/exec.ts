import { closeSync, constants, openSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import type { World } from "../../../world/world.ts"
import type { ExecResult, ExecSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { ContainerdClient } from "./client.ts"
import { makeFifo, removeFifo } from "./fifo.ts"
import { unlessGone } from "./grpc-error.ts"
import { Layers } from "./layers.ts"
import type { Container } from "./life/container.ts"
import { packJson } from "./proto.ts"
import { resolveAccount } from "./spec/accounts.ts"
import type { OciProcess, OciSpec } from "./spec/oci.ts"
import { grant } from "./spec/process.ts"

export interface ExecOptions {
  readonly world: Pick<World, "after" | "random">
  readonly client: ContainerdClient
  readonly snapshotter: string
}

/** Runs a process in a container beside its own, and waits for its end. */
export async function exec(
  { world, client, snapshotter }: ExecOptions,
  container: Container,
  command: ExecSpec,
  signal?: AbortSignal,
): Promise<ExecResult> {
  signal?.throwIfAborted()
  const containerId = container.id
  const execId = `exec-${Buffer.from(world.random.bytes(8)).toString("hex")}`
  const process = await processOf(client, snapshotter, containerId, command)
  const output = new Output(join(container.place.folder, execId), command.outputLengthMax)
  const name = { containerId, execId }
  let added = false
  const late = new AbortController()
  const kill = () => {
    void client.tasks.kill({ ...name, signal: 9, all: false }).catch(() => {})
    // It may hang where no signal reaches it.
    world.after(KILLED_MS, () => late.abort(signal?.reason))
  }
  try {
    await client.tasks.exec({
      ...name,
      stdout: output.path,
      stderr: output.path,
      terminal: false,
      spec: packJson("types.containerd.io/opencontainers/runtime-spec/1/Process", process),
    })
    added = true
    await client.tasks.start(name)
    signal?.addEventListener("abort", kill)
    if (signal?.aborted) kill()
    const { exitStatus } = await client.tasks.wait(name, { timeoutMs: Number.POSITIVE_INFINITY, signal: late.signal })
    signal?.throwIfAborted()

    // The shim answers when it has passed on all output, but a child that was left behind may hold that open.
    added = false
    const deleted = client.tasks.deleteProcess(name).catch(() => {})
    const leftBehind = new Promise<void>((resolve) => world.after(LEFT_BEHIND_MS, resolve))
    await Promise.race([deleted, leftBehind])
    return { exitCode: exitStatus, output: await output.end(leftBehind) }
  } finally {
    signal?.removeEventListener("abort", kill)
    output.close()
    if (added) void unlessGone(client.tasks.deleteProcess(name)).catch(() => {})
  }
}

/** As the container's own process, but for what is said. */
async function processOf(
  client: ContainerdClient,
  snapshotter: string,
  id: string,
  { command, user, workingDirectory, environment = {} }: ExecSpec,
): Promise<OciProcess> {
  const { container } = await client.containers.get({ id })
  const { process } = JSON.parse(container.spec.value.toString("utf8")) as OciSpec
  const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const env = [...process.env.filter((line) => !(line.slice(0, line.indexOf("=")) in environment)), ...given]
  const as = { ...process, terminal: false, args: command, env, cwd: workingDirectory ?? process.cwd }
  if (user === undefined) return as

  const { mounts } = await client.snapshots.mounts({ snapshotter, key: id })
  const layers = new Layers(mounts, { withUpper: true })
  const accounts = { passwd: layers.read("/etc/passwd"), group: layers.read("/etc/group") }
  const account = resolveAccount(user, accounts)
  const bounding = process.capabilities.bounding ?? []
  return { ...as, user: account.user, capabilities: grant(bounding, account.user.uid) }
}

/** Both streams of a process through one named pipe, so that they come in their order. What is too much is let go. */
class Output {
  readonly path: string
  readonly #pieces: Buffer[] = []
  readonly #ended: Promise<void>
  readonly #socket: Socket
  #holding: number | undefined
  #room: number

  constructor(path: string, lengthMax: number) {
    this.path = path
    this.#room = lengthMax
    makeFifo(path)
    try {
      // While somebody could write, reading does not end; so we are that somebody until the process has ended.
      this.#holding = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
      this.#socket = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false })
    } catch (error) {
      this.close()
      throw new EngineError("machine", (error as Error).message, { cause: error })
    }
    this.#socket.on("data", (piece: Buffer) => {
      if (this.#room > 0) this.#pieces.push(piece.subarray(0, this.#room))
      this.#room -= piece.length
    })
    this.#ended = new Promise((resolve) => {
      this.#socket.on("error", () => resolve())
      this.#socket.on("close", () => resolve())
    })
  }

  /** All that was written, or what is there when it is late: a process that was left behind may write on. */
  async end(late: Promise<void>): Promise<string> {
    this.#letGo()
    await Promise.race([this.#ended, late])
    return Buffer.concat(this.#pieces).toString("utf8")
  }

  close(): void {
    this.#letGo()
    this.#socket?.destroy()
    removeFifo(this.path)
  }

  #letGo(): void {
    if (this.#holding !== undefined) closeSync(this.#holding)
    this.#holding = undefined
  }
}

const LEFT_BEHIND_MS = 300
const KILLED_MS = 2_000
