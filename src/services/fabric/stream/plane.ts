import { assert } from "../../../base/assert.ts"
import type { Scope } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type Followed, followedBy, sharedRecords } from "../followed.ts"
import { type FabricName, type FabricRecord, keyOf } from "../record.ts"
import { RecordLog } from "../record-log.ts"
import { vpcState } from "../vpc-records.ts"

/** What a machine is to be told next. */
export type Step =
  | { readonly kind: "snapshot"; readonly version: number; readonly put: readonly FabricRecord[] }
  | {
      readonly kind: "change"
      readonly from: number
      readonly version: number
      readonly put: readonly FabricRecord[]
      readonly removed: readonly FabricName[]
    }

/** What a machine knows, as far as this process has told it. */
export interface HostView {
  readonly host: string

  /** Undefined until it has got a snapshot. */
  version: number | undefined

  /** Since which version it follows just these VPCs; at an earlier one it may have known of others. */
  followedSince: number
  followed: Followed
  readonly shared: RecordLog
}

/**
 * The records of VPCs as they were when somebody last asked, with numbered versions. A VPC is worked out again when a
 * change may have touched it and a machine that follows it asks; what it costs grows with that VPC and nothing else.
 */
export class Plane {
  readonly #vpcs = new Map<string, KnownVpc>()
  readonly #views = new Map<string, HostView>()
  #version: number

  /** Versions of another process are none of this one's, so they begin somewhere else: `start` rises with time. */
  constructor(start: number) {
    this.#version = start
  }

  get version(): number {
    return this.#version
  }

  /** The view of a machine, at the version that it says it knows if that can be gone on from, else at none. */
  viewOf(host: string, version: number | undefined): HostView {
    const view = this.#views.get(host) ?? newView(host)
    this.#views.set(host, view)
    const isKnown =
      version !== undefined && view.version !== undefined && version <= view.version && version >= view.followedSince
    view.version = isKnown ? version : undefined
    return view
  }

  /** Forgets a machine, and the VPCs that nobody else follows. */
  forget(view: HostView): void {
    if (this.#views.get(view.host) === view) this.#views.delete(view.host)
    this.#follow(view, new Map())
  }

  /** The machines that follow a VPC. */
  followers(vpcId: string): Iterable<string> {
    return this.#vpcs.get(vpcId)?.followers ?? []
  }

  /** Notes that a VPC's records may be others now. */
  touch(vpcId: string): void {
    const known = this.#vpcs.get(vpcId)
    if (known !== undefined) known.isCurrent = false
  }

  /** Brings a machine's view to what there is now; undefined when that is nothing new. */
  advance(tx: Tx, view: HostView): Step | undefined {
    const before = view.followed
    const after = followedBy(tx, view.host)
    const removed = this.#leftBehind(view, after)
    const hasOthers = before.size !== after.size || [...after.keys()].some((vpcId) => !before.has(vpcId))
    this.#follow(view, after)

    const vpcs = [...after].map(([vpcId, scope]) => ({ isNew: !before.has(vpcId), ...this.#current(tx, vpcId, scope) }))
    const hosts = vpcs.flatMap((vpc) => [...vpc.hosts])
    const shared = sharedRecords(tx, { host: view.host, followed: after, hosts })
    if (view.shared.replace(shared, this.#version + 1)) this.#version += 1

    const put: FabricRecord[] = []
    let isWhole = view.version !== undefined && removed !== undefined
    if (isWhole) {
      for (const { log, isNew } of [...vpcs, { log: view.shared, isNew: false }]) {
        const difference = isNew ? { put: [...log.all()], removed: [] } : log.since(view.version!)
        if (difference === undefined) isWhole = false
        else {
          put.push(...difference.put)
          removed!.push(...difference.removed)
        }
      }
    }
    if (!isWhole) return this.#snapshot(view, [...vpcs.map(({ log }) => log), view.shared])

    const from = view.version!
    if (put.length === 0 && removed!.length === 0 && !hasOthers) return undefined
    // A version is told once to each machine, so one that has nothing else to tell gets a number too.
    if (this.#version === from) this.#version += 1
    if (hasOthers) view.followedSince = this.#version
    view.version = this.#version
    const present = new Set(put.map(({ kind, record }) => keyOf({ kind, id: record.id })))
    return {
      kind: "change",
      from,
      version: this.#version,
      put,
      removed: removed!.filter((name) => !present.has(keyOf(name))),
    }
  }

  #snapshot(view: HostView, logs: readonly RecordLog[]): Step {
    view.followedSince = this.#version
    view.version = this.#version
    return { kind: "snapshot", version: this.#version, put: logs.flatMap((log) => [...log.all()]) }
  }

  /** The names of all that a machine may know of VPCs that it has nothing to do with any more; undefined if nobody knows. */
  #leftBehind({ followed, version }: HostView, after: Followed): FabricName[] | undefined {
    const names: FabricName[] = []
    if (version === undefined) return names
    for (const vpcId of followed.keys()) {
      if (after.has(vpcId)) continue
      const known = this.#vpcs.get(vpcId)?.log.namesAt(version)
      if (known === undefined) return undefined
      names.push(...known)
    }
    return names
  }

  /** A VPC as it is now, worked out again if need be. */
  #current(tx: Tx, vpcId: string, scope: Scope): KnownVpc {
    const known = this.#vpcs.get(vpcId)
    assert(known !== undefined, `${vpcId} is followed by nobody`)
    if (!known.isCurrent) {
      const { records, hosts } = vpcState(tx, { vpcId, scope })
      if (known.log.replace(records, this.#version + 1)) this.#version += 1
      known.hosts = hosts
      known.isCurrent = true
    }
    return known
  }

  #follow(view: HostView, after: Followed): void {
    for (const vpcId of after.keys()) {
      const known = this.#vpcs.get(vpcId) ?? {
        log: new RecordLog(),
        hosts: new Set(),
        followers: new Set(),
        isCurrent: false,
      }
      this.#vpcs.set(vpcId, known)
      known.followers.add(view.host)
    }
    for (const vpcId of view.followed.keys()) {
      if (after.has(vpcId)) continue
      const known = this.#vpcs.get(vpcId)!
      known.followers.delete(view.host)
      if (known.followers.size === 0) this.#vpcs.delete(vpcId)
    }
    view.followed = after
  }
}

interface KnownVpc {
  readonly log: RecordLog
  hosts: ReadonlySet<string>

  /** Machines by their ARNs. */
  readonly followers: Set<string>
  isCurrent: boolean
}

function newView(host: string): HostView {
  return { host, version: undefined, followedSince: 0, followed: new Map(), shared: new RecordLog() }
}
