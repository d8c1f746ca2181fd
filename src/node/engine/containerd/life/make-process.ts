import { sleep, type World } from "../../../../world/world.ts"
import { EngineError } from "../../engine-error.ts"
import type { ContainerdClient } from "../client.ts"
import { isThere, unlessGone } from "../grpc-error.ts"
import type { LastingCalls } from "../lasting/lasting-line.ts"
import type { NewTask } from "../services.ts"
import { deleteProcess } from "./delete-process.ts"

export interface MakeOptions {
  readonly world: World
  readonly client: ContainerdClient
  readonly lasting: LastingCalls
}

/**
 * Makes a container's process, which waits to be started, and answers with its number. A process of ours that was killed
 * may have asked for the same: then containerd is about to make it, or has made it, and that one is taken.
 */
export async function makeProcess({ world, client, lasting }: MakeOptions, task: NewTask): Promise<number> {
  const { containerId } = task
  const until = world.monotonic() + UNDER_WAY_MS
  for (;;) {
    try {
      return (await lasting.tasks.create(task)).pid
    } catch (error) {
      if (!isThere(error) && (!isUnderWay(error) || world.monotonic() > until)) throw error
    }
    const there = await unlessGone(client.tasks.get({ containerId }))
    if (there === undefined) await sleep(world, AGAIN_MS)
    else if (there.process.status === "CREATED") return there.process.pid
    else await deleteProcess(client, world, containerId)
  }
}

/** containerd has made the folder for it, and not yet the process. */
function isUnderWay(error: unknown): boolean {
  return error instanceof EngineError && /mkdir \S+: file exists/.test(error.message)
}

const AGAIN_MS = 20
const UNDER_WAY_MS = 30_000
