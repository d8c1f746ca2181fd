import { createHash } from "node:crypto"
import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type { DataDirectory } from "../data.ts"
import { Refusal } from "../exit.ts"

/** What a node keeps on its machine. All of it belongs to root, as the containers do. */
export interface NodeDirectory {
  readonly path: string

  /** A file for each instance that this machine hosts, with its key. */
  readonly memberships: string

  /** What each instance's agent remembers. */
  readonly state: string

  /** What containers of `json-file` have written. */
  readonly containerLogs: string

  /** Which engines have run containers here. */
  readonly engines: string

  /** What the kernel and the containers' runtime need to find again. */
  readonly machine: string
  readonly containerd: string
  readonly log: string

  /** Where the running node listens for the command line. */
  readonly control: string

  /** Of all its containers. Another data directory's node has another, so neither takes away what is the other's. */
  readonly cgroup: string
}

export function nodeDirectory({ path, node: at, nodeLog, nodeControl }: DataDirectory): NodeDirectory {
  return {
    path: at,
    memberships: join(at, "instances"),
    state: join(at, "state"),
    containerLogs: join(at, "logs"),
    engines: join(at, "engines.json"),
    machine: join(at, "machine"),
    containerd: join(at, "containerd"),
    log: nodeLog,
    control: nodeControl,
    cgroup: `/homeport-${createHash("sha256").update(path).digest("hex").slice(0, 8)}`,
  }
}

/** Makes what is missing. A node that root ran before is root's from then on. */
export function prepareNode(node: NodeDirectory): void {
  const owner = statSync(node.path, { throwIfNoEntry: false })?.uid
  const me = process.geteuid?.()
  if (owner !== undefined && me !== 0 && owner !== me) {
    throw new Refusal(`The node in ${node.path} is root's. Put sudo before the command, and name the data with --data.`)
  }
  for (const path of [node.path, node.memberships, node.state, node.machine, node.containerd]) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  }
}
