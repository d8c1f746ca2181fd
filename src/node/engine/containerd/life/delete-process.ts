import { status as grpcStatus } from "@grpc/grpc-js"
import { sleep, type World } from "../../../../world/world.ts"
import type { ContainerdClient } from "../client.ts"
import { ContainerdError, isGone } from "../grpc-error.ts"

/**
 * Takes a container's process away with its shim, and ends it where it runs. A shim that was killed takes containerd a
 * moment to clear away, and containerd itself may be about to come back.
 */
export async function deleteProcess(client: ContainerdClient, world: World, id: string): Promise<void> {
  const until = world.monotonic() + DELETE_MS
  for (;;) {
    try {
      await client.tasks.delete({ containerId: id })
      return
    } catch (error) {
      if (isGone(error)) return
      if (world.monotonic() > until) throw error
      if (!(error instanceof ContainerdError) || error.code === grpcStatus.UNAVAILABLE) await sleep(world, AGAIN_MS)
    }
    try {
      await client.tasks.kill({ containerId: id, signal: SIGKILL, all: true })
      await client.tasks.wait({ containerId: id }, { timeoutMs: WAIT_MS })
    } catch (error) {
      if (isGone(error)) await sleep(world, AGAIN_MS)
    }
  }
}

const SIGKILL = 9
const AGAIN_MS = 20
const WAIT_MS = 2_000
const DELETE_MS = 30_000
