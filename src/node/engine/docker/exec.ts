import { sleep, type World } from "../../../world/world.ts"
import type { ExecResult, ExecSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import { chunksOf, type Daemon, DaemonRefusal } from "./daemon.ts"
import { framesOf } from "./frames.ts"

/** Docker has no way to end a command that it runs in a container; `kill` is given where its processes are this machine's. */
export async function execIn(
  daemon: Daemon,
  world: World,
  containerPath: string,
  command: ExecSpec,
  signal: AbortSignal | undefined,
  kill: ((pid: number) => void) | undefined,
): Promise<ExecResult> {
  signal?.throwIfAborted()
  const id = await create(daemon, containerPath, command)
  const path = `/exec/${id}`
  const inspect = () => daemon.ask<Inspected>("GET", `${path}/json`)

  const response = await daemon.stream("POST", `${path}/start`, { body: { Detach: false, Tty: false } })
  const giveUp = () => response.destroy()
  signal?.addEventListener("abort", giveUp)
  try {
    const pieces: Buffer[] = []
    let length = 0
    for await (const { bytes } of framesOf(chunksOf(response))) {
      if (length < command.outputLengthMax) pieces.push(bytes)
      length += bytes.length
    }
    const output = Buffer.concat(pieces).subarray(0, command.outputLengthMax).toString("utf8")
    for (;;) {
      const { Running, ExitCode } = await inspect()
      if (!Running) return { exitCode: ExitCode ?? 0, output }
      await sleep(world, LOOK_MS, signal)
    }
  } catch (error) {
    if (!signal?.aborted) throw error
    const { Running, Pid } = await inspect()
    if (Running && Pid > 0) kill?.(Pid)
    throw signal.reason
  } finally {
    signal?.removeEventListener("abort", giveUp)
  }
}

async function create(daemon: Daemon, containerPath: string, command: ExecSpec): Promise<string> {
  const { user, workingDirectory, environment = {} } = command
  const body = {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: command.command,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(user === undefined ? {} : { User: user }),
    ...(workingDirectory === undefined ? {} : { WorkingDir: workingDirectory }),
  }
  try {
    return (await daemon.ask<{ Id: string }>("POST", `${containerPath}/exec`, { body })).Id
  } catch (error) {
    if (error instanceof DaemonRefusal && error.status === 409) throw new EngineError("gone", error.message)
    throw error
  }
}

interface Inspected {
  readonly Running: boolean
  readonly ExitCode: number | null
  readonly Pid: number
}

const LOOK_MS = 5
