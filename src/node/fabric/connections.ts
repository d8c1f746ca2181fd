import { formatIp } from "../linux/ip.ts"
import type { ListedConnection } from "../linux/netlink/connection.ts"
import { compileGroup, isAllowed } from "./filter/groups.ts"
import type { Packet } from "./filter/traffic.ts"
import type { LocalVpc } from "./plan/desired.ts"
import { resolverAddresses } from "./plan/resolver-addresses.ts"
import type { FabricRecords } from "./records.ts"

/**
 * Connections that the groups of their sender or receiver do not allow any more. The rules ask that of every packet that
 * goes the way of the first one; of one that goes back they do not, so for those that only hear nothing more would change.
 */
export function refusedConnections(
  connections: readonly ListedConnection[],
  { vpc, locals }: LocalVpc,
  records: FabricRecords,
): ListedConnection[] {
  const groupIds = new Map<string, readonly string[]>()
  for (const { record } of locals) {
    for (const address of [...record.addresses, ...record.addresses6]) groupIds.set(address, record.groupIds)
  }
  const groups = new Map([...records.group].map(([id, group]) => [id, compileGroup(group)]))
  const resolvers = new Set(resolverAddresses(vpc))
  const passes = (ids: readonly string[] | undefined, side: "ingress" | "egress", packet: Packet) =>
    ids === undefined || isAllowed(ids, groups, side, packet)

  return connections.filter((connection) => {
    const packet = packetOf(connection)
    if (resolvers.has(packet.destination)) return false
    const { source, destination } = packet
    return !passes(groupIds.get(source), "egress", packet) || !passes(groupIds.get(destination), "ingress", packet)
  })
}

function packetOf({ source, destination, ...rest }: ListedConnection): Packet {
  return { ...rest, source: formatIp(source), destination: formatIp(destination) }
}
