import { closeSync, openSync } from "node:fs"
import { isSystemError } from "../libc.ts"
import { addVeth, deleteLink, LOOPBACK_INDEX, setUp } from "../netlink/link.ts"
import { withNetlink } from "../netlink/socket.ts"
import type { FabricOrders } from "./fabric-orders.ts"
import { keep, letGo } from "./kept.ts"
import { inside, insideNew, placeAt } from "./place.ts"
import { carryOut, keptPaths, look } from "./router.ts"
import { setting } from "./settings.ts"

export const createElastic: FabricOrders["createElastic"] = (order) => {
  const router = placeAt(order.routerPath)
  letGo(order.path)
  // In the middle of a connection nothing begins: whoever sent first would be taken for the one who asked.
  router.enter(() => setting("netfilter/nf_conntrack_tcp_loose", "0"))
  insideNew((namespace) => {
    const request = () =>
      router.netlink.request(
        addVeth({ name: order.link, mac: order.linkMac }, { name: order.name, mac: order.mac, namespace }, order.mtu),
      )
    try {
      request()
    } catch (error) {
      if (!isSystemError(error, "EEXIST")) throw error
      // One of before whose namespace somebody still holds, or that a crash left without a name.
      router.netlink.request(deleteLink(order.link))
      request()
    }
    withNetlink((netlink) => {
      netlink.request(setUp(LOOPBACK_INDEX), setUp(netlink.linkIndex(order.name)))
      const [refused] = carryOut(netlink, [], order.entries)
      if (refused !== undefined) throw new Error(`${refused.entry.kind} of ${order.name}: ${refused.reason}`)
    })
    keep(order.path)
  })
}

export const lookInside: FabricOrders["lookInside"] = ({ paths }) => {
  const kept = keptPaths()
  return paths.map((path) => (kept.has(path) ? visit(path, () => withNetlink(look)) : undefined))
}

export const configureInside: FabricOrders["configureInside"] = ({ path, remove, add }) =>
  visit(path, () => withNetlink((netlink) => carryOut(netlink, remove, add)))

/** Nothing of it is kept open. */
function visit<T>(path: string, act: () => T): T {
  const namespace = openSync(path, "r")
  try {
    return inside(namespace, act)
  } finally {
    closeSync(namespace)
  }
}
