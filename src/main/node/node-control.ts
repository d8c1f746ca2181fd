import type { Readable } from "node:stream"
import { askAt, NobodyThere } from "../control.ts"
import type { DataDirectory } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { nodeDirectory } from "./node-directory.ts"

// What the command line asks of the node of this machine.

export interface NodeStatus {
  readonly pid: number

  /** Undefined while it starts. */
  readonly engine?: string
  readonly instances: readonly InstanceStatus[]
}

export interface InstanceStatus {
  readonly name: string
  readonly kind: string
  readonly cluster: string
  readonly region: string

  /** Undefined until the region has taken it in. */
  readonly arn?: string
  readonly isConnected: boolean

  /** Its tasks are being stopped, and then it is gone. */
  readonly isLeaving: boolean

  /** Why the region will not have it, or why it could not be begun. */
  readonly refusal?: string
  readonly tasks: number

  /** Where this machine reaches what the instance publishes, if it has a network of its own. */
  readonly address?: string
}

/** The node of this machine; undefined when none runs. */
export async function nodeStatus(data: DataDirectory): Promise<NodeStatus | undefined> {
  try {
    return await askAt<NodeStatus>(nodeDirectory(data).control, data, "GET", "/status")
  } catch (error) {
    if (error instanceof NobodyThere) return undefined
    throw error
  }
}

/** Has the node take up what was added to its instances, and end those that leave. */
export function reloadInstances(data: DataDirectory): Promise<void> {
  return asked(data, "POST", "/instances", { msMax: STOP_MS_MAX })
}

/** Resolves when the node has begun to stop; containers run on. */
export function stopNode(data: DataDirectory): Promise<void> {
  return asked(data, "POST", "/stop", { msMax: ANSWER_MS_MAX })
}

/** Stops every task of the machine and tells the regions; nothing new is started any more. */
export function stopTasks(data: DataDirectory): Promise<{ readonly stopped: number }> {
  return asked(data, "POST", "/stop-tasks", { msMax: STOP_MS_MAX })
}

/** Imports what `docker save` and OCI tools write; answers with the references in it. */
export function loadImage(data: DataDirectory, tar: Readable): Promise<{ readonly references: readonly string[] }> {
  return asked(data, "POST", "/images", { msMax: LOAD_MS_MAX, body: tar })
}

async function asked<Answer>(
  data: DataDirectory,
  method: string,
  path: string,
  options: { readonly msMax: number; readonly body?: Readable },
): Promise<Answer> {
  try {
    return await askAt<Answer>(nodeDirectory(data).control, data, method, path, options)
  } catch (error) {
    if (!(error instanceof NobodyThere)) throw error
    throw new Refusal(`No node runs on this machine with data in ${data.path}. Start it with: homeport up`, EXIT.failed)
  }
}

const ANSWER_MS_MAX = 2_000
const STOP_MS_MAX = 12 * 60_000
const LOAD_MS_MAX = 30 * 60_000
