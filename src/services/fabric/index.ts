/**
 * The fabric, seen from the region: what machines are told of the network below their instances. This is no service of
 * AWS's, but what AWS has below its agents.
 *
 * Each machine keeps a connection for each of its instances, signed with the instance's key, and follows the VPCs in
 * which an interface is on it, and their peers. What it is told is worked out from EC2's tables and from those of this
 * folder, a snapshot first and then what changes; a machine that comes back within minutes goes on where it was. Nothing
 * is remembered of it that could not be worked out again.
 *
 * What machines tell of flows is handed on to who delivers flow logs.
 */
import type { Service } from "../../aws/service.ts"
import type { FlowReceiver } from "./flows.ts"
import { networkNumbering } from "./network-number.ts"
import { fabricSockets, type Standing } from "./stream/sockets.ts"
import { hostedInterfaces, machines, networkNumbers } from "./tables.ts"

export type { FlowReceiver } from "./flows.ts"
export { hostInterface, unhostInterface, withdrawMachine } from "./host.ts"
export { type HostedInterface, hostedInterfaces } from "./tables.ts"

export const fabricTables = [hostedInterfaces, networkNumbers, machines]

/** What it offers to the machines of instances that somebody else knows. */
export function fabric(standing: Standing, flows?: FlowReceiver): Pick<Service, "tables" | "controllers" | "sockets"> {
  return { tables: fabricTables, controllers: [networkNumbering], sockets: fabricSockets(standing, flows) }
}
