import type { FabricInterface, FabricVpc } from "../../../wire/fabric.ts"
import type { FabricRecords } from "../records.ts"
import { type LocalInterface, localInterface } from "./elastic.ts"
import { desiredHost } from "./host.ts"
import { desiredRouter, refilteredRouter } from "./router.ts"
import type { FabricState, Failure, RouterState } from "./state.ts"

/** What a plan has to know of this machine. */
export interface Machine {
  /** Instances that it hosts. */
  readonly hosts: ReadonlySet<string>

  /** Of the links to tasks, and between machines. */
  readonly mtu: number

  /** Where other machines reach it; none when there are no others. */
  readonly underlayAddress?: string | undefined

  /** The two ends of the link between the host and a VPC's router, in the order in which the VPCs came. */
  readonly uplinks: ReadonlyMap<string, Uplink>

  /** Prefixes that lead elsewhere in the host. */
  readonly taken: readonly string[]
}

export interface Uplink {
  /** The name of the host's end. */
  readonly hostLink: string
  readonly hostAddress: string
  readonly routerAddress: string
}

/** A VPC as this machine sees it. */
export interface LocalVpc {
  readonly vpc: FabricVpc
  readonly locals: readonly LocalInterface[]

  /** On other machines, and how those are reached. */
  readonly remotes: readonly RemoteInterface[]
}

export interface RemoteInterface {
  readonly record: FabricInterface
  readonly underlayAddress: string
}

export interface Desired {
  readonly state: FabricState
  readonly vpcs: ReadonlyMap<string, LocalVpc>

  /** What cannot be made true, whatever is done. */
  readonly failures: readonly Failure[]
}

/** What the network of this machine should be, from all of the records. */
export function desiredFabric(records: FabricRecords, machine: Machine): Desired {
  const { vpcs, failures } = localVpcs(records, machine)
  const routers = new Map<string, RouterState>()
  for (const [id, local] of vpcs) routers.set(id, desiredRouter(local, vpcs, records, machine))
  const host = desiredHost([...vpcs.values()], records, machine)
  return { state: { host: host.state, routers }, vpcs, failures: [...failures, ...host.failures] }
}

/** The same when of all records only those changed that decide what may pass, which is most of what ever changes. */
export function refilteredFabric(before: Desired, records: FabricRecords): Desired {
  const { host, routers } = before.state
  const refiltered = [...routers].map(
    ([id, router]) => [id, refilteredRouter(router, before.vpcs.get(id)!, records)] as const,
  )
  return { ...before, state: { host, routers: new Map(refiltered) } }
}

/** Those with an interface here, and those with one anywhere that are their peers. */
export function localVpcs(
  records: FabricRecords,
  machine: Machine,
): { readonly vpcs: ReadonlyMap<string, LocalVpc>; readonly failures: readonly Failure[] } {
  const failures: Failure[] = []
  const underlay = new Map([...records.machine.values()].map(({ host, underlayAddress }) => [host, underlayAddress]))
  const all = new Map<string, { vpc: FabricVpc; locals: LocalInterface[]; remotes: RemoteInterface[] }>()
  const endpoints: FabricInterface[] = []
  for (const record of records.interface.values()) {
    const vpc = records.vpc.get(record.vpcId)
    if (record.isEndpoint === true) endpoints.push(record)
    if (record.host === undefined || vpc === undefined) continue
    const local = all.get(vpc.id) ?? { vpc, locals: [], remotes: [] }
    all.set(vpc.id, local)
    if (!machine.hosts.has(record.host)) {
      const underlayAddress = underlay.get(record.host)
      if (underlayAddress !== undefined) local.remotes.push({ record, underlayAddress })
      continue
    }
    const subnet = records.subnet.get(record.subnetId)
    if (subnet !== undefined) local.locals.push(localInterface(record, subnet, machine.mtu))
    else failures.push({ kind: "interface", id: record.id, reason: `Subnet ${record.subnetId} is not known.` })
  }
  const here = new Set([...all.values()].flatMap(({ vpc, locals }) => (locals.length > 0 ? [vpc.id] : [])))
  const needed = new Set(here)
  for (const { vpcIds } of records.peering.values()) {
    if (vpcIds.some((id) => here.has(id))) for (const id of vpcIds) needed.add(id)
  }
  // An endpoint is a way to the region, which every machine has one of.
  for (const record of endpoints) {
    const subnet = records.subnet.get(record.subnetId)
    const local = needed.has(record.vpcId) ? all.get(record.vpcId) : undefined
    if (subnet !== undefined) local?.locals.push(localInterface(record, subnet, machine.mtu))
  }
  return { vpcs: new Map([...all].filter(([id]) => needed.has(id))), failures }
}
