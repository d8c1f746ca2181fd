import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Place } from "../../services/accounts/index.ts"
import { writeDurably } from "../durable-file.ts"
import type { Membership } from "../join-wire.ts"
import type { NodeDirectory } from "./node-directory.ts"

/** One instance that this machine hosts: whose it is, and how it reaches its region. */
export interface HostedInstance extends Membership {
  /** Names it on this machine: its cgroup, its network, its files. */
  readonly name: string

  /** Where its region answers; undefined for the region of this data directory, wherever that is just now. */
  readonly endpoint?: string

  /** The certificate of the authority that the region is known by. */
  readonly ca?: string

  /**
   * Whether its ports are the machine's own; of all instances only one can have them. It is settled once, as what runs
   * in an instance cannot move to another network.
   */
  readonly sharesNetwork: boolean
  readonly attributes?: Readonly<Record<string, string>>

  /** Where other machines reach this one, as it was said when it joined. */
  readonly underlay?: string

  /** The same as it was last found. */
  readonly foundUnderlay?: string

  /** The node has drained it in the region to stop its tasks, and makes it active again when it starts. */
  readonly isDrained?: boolean

  /** It is to end, with its tasks; the node takes it away once that is done. */
  readonly isLeaving?: boolean
}

export function readMemberships(node: NodeDirectory): HostedInstance[] {
  return readdirSync(node.memberships)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(node.memberships, file), "utf8")))
}

/** The file holds a secret: only root can read it. */
export function writeMembership(node: NodeDirectory, instance: HostedInstance): void {
  writeDurably(fileOf(node, instance.name), `${JSON.stringify(instance, undefined, 2)}\n`)
}

export function removeMembership(node: NodeDirectory, name: string): void {
  rmSync(fileOf(node, name), { force: true })
}

/** A new instance beside those that the machine has: by a name of its own, and with the machine's ports if they are free. */
export function newInstance(
  membership: Membership,
  taken: readonly Pick<HostedInstance, "name" | "sharesNetwork">[],
  more: Pick<HostedInstance, "endpoint" | "ca" | "attributes" | "underlay"> = {},
): HostedInstance {
  const sharesNetwork = membership.place.kind !== "fargate" && !taken.some((instance) => instance.sharesNetwork)
  return { name: nameFor(membership.place, taken), ...membership, ...more, sharesNetwork }
}

function nameFor({ kind, cluster }: Place, taken: readonly { readonly name: string }[]): string {
  const wish = kind === "fargate" ? "fargate" : cluster.replace(/[^\w-]/g, "-").slice(0, WISH_LENGTH_MAX)
  const names = new Set([...taken.map((instance) => instance.name), ...CGROUP_FILES])
  let name = wish
  for (let number = 2; names.has(name); number++) name = `${wish}-${number}`
  return name
}

/** What the kernel itself has in every cgroup, beside those of its instances. */
const CGROUP_FILES = ["tasks", "notify_on_release", "release_agent"]

/** Names stand in paths of cgroups and files, and on people's screens. */
const WISH_LENGTH_MAX = 24

function fileOf(node: NodeDirectory, name: string): string {
  return join(node.memberships, `${name}.json`)
}
