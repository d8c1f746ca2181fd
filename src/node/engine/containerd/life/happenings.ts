import { sleep, type World } from "../../../../world/world.ts"
import type { ContainerdClient } from "../client.ts"
import { milliseconds, pack, unpack } from "../proto.ts"
import type { Envelope, Timestamp } from "../services.ts"

export type Happening =
  | { readonly kind: "exit"; readonly id: string; readonly pid: number; readonly exitCode: number; readonly at: number }
  | { readonly kind: "out of memory"; readonly id: string }

export interface HappeningsListener {
  heard(happening: Happening): void

  /** From here on everything is heard; what was before has to be looked up. */
  following(): Promise<void>
}

/**
 * Follows containerd's events over every break. containerd never repeats one, and does not say from when on it tells
 * them, so we send events of our own until one comes back.
 */
export function followHappenings(options: {
  readonly world: World
  readonly client: ContainerdClient
  readonly namespace: string
  readonly listener: HappeningsListener
  readonly signal: AbortSignal
}): void {
  const { world, listener, signal } = options
  let failures = 0
  const run = async () => {
    while (!signal.aborted) {
      try {
        await followOnce({
          ...options,
          listener: {
            heard: listener.heard,
            async following() {
              await listener.following()
              failures = 0
            },
          },
        })
      } catch (error) {
        if (signal.aborted) return
        // It fails on and on while containerd is away.
        if (failures === 0) world.log.warn("containerd's events broke off", { error: (error as Error).message })
        failures += 1
      }
      await sleep(world, Math.min(AGAIN_MS * 2 ** failures, AGAIN_MS_MAX), signal).catch(() => {})
    }
  }
  void run()
}

async function followOnce({ world, client, namespace, listener, signal }: Parameters<typeof followHappenings>[0]) {
  const ended = new AbortController()
  const both = AbortSignal.any([signal, ended.signal])
  const token = Buffer.from(world.random.bytes(8)).toString("hex")
  const filters = [
    `namespace==${namespace},topic~="^/tasks/(exit|oom)$"`,
    `namespace==${namespace},topic==${JSON.stringify(HERE)}`,
  ]
  const knocking = knock(world, client, token, both)
  let known = false
  try {
    for await (const envelope of client.events.subscribe({ filters }, { signal: both })) {
      if (envelope.topic !== HERE) {
        const happening = read(envelope)
        if (happening !== undefined) listener.heard(happening)
      } else if (!known && unpack<{ containerId: string }>(envelope.event).containerId === token) {
        known = true
        ended.signal.throwIfAborted()
        // Not awaited: what happens meanwhile is to be heard.
        void listener.following().catch((error: Error) => {
          world.log.warn("what containerd runs could not be read", { error: error.message })
          ended.abort(error)
        })
        knocking.stop()
      }
    }
  } finally {
    knocking.stop()
    ended.abort()
  }
}

function knock(world: World, client: ContainerdClient, token: string, signal: AbortSignal) {
  const done = new AbortController()
  const run = async () => {
    while (!done.signal.aborted && !signal.aborted) {
      const event = pack("containerd.events.TaskOOM", { containerId: token })
      await client.events.publish({ topic: HERE, event }, { signal, timeoutMs: 1_000 }).catch(() => {})
      await sleep(world, KNOCK_MS, done.signal).catch(() => {})
    }
  }
  void run()
  return { stop: () => done.abort() }
}

function read({ topic, event, timestamp }: Envelope): Happening | undefined {
  if (topic === "/tasks/oom") {
    return { kind: "out of memory", id: unpack<{ containerId: string }>(event).containerId }
  }
  const exit = unpack<Exit>(event)
  // Ends of processes that were brought in by `exec` are their caller's.
  if (exit.id !== exit.containerId) return undefined
  const at = milliseconds(exit.exitedAt ?? timestamp)
  return { kind: "exit", id: exit.containerId, pid: exit.pid, exitCode: exit.exitStatus, at }
}

interface Exit {
  readonly containerId: string
  readonly id: string
  readonly pid: number
  readonly exitStatus: number
  readonly exitedAt: Timestamp | null
}

const HERE = "/homeport/here"
const KNOCK_MS = 20
const AGAIN_MS = 25
const AGAIN_MS_MAX = 500
