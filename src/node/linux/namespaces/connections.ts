import { isSystemError } from "../libc.ts"
import { decodeListed, deleteListed, getConnectionsOf } from "../netlink/connection.ts"
import { NETFILTER, withNetlink } from "../netlink/socket.ts"
import type { FabricOrders } from "./fabric-orders.ts"
import { placeAt } from "./place.ts"

/** What the kernel tracks in a router. */
export const connections: FabricOrders["connections"] = ({ path }) =>
  placeAt(path).enter(() =>
    withNetlink(
      (netlink) =>
        FAMILIES.flatMap((family) => netlink.ask(getConnectionsOf(family)).flatMap((body) => decodeListed(body) ?? [])),
      NETFILTER,
    ),
  )

const FAMILIES = [2, 10]

export const forgetConnections: FabricOrders["forgetConnections"] = ({ path, connections }) => {
  placeAt(path).enter(() =>
    withNetlink((netlink) => {
      for (const error of netlink.attempt(connections.map(deleteListed)).values()) {
        // It ended by itself.
        if (!isSystemError(error, "ENOENT")) throw error
      }
    }, NETFILTER),
  )
}
