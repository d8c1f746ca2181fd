import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs"
import type { NetworkCounters } from "../../engine/engine.ts"
import { isSystemError } from "../libc.ts"
import { addAddress, deleteAddress } from "../netlink/address.ts"
import { decodeLink, getLinks, LOOPBACK_INDEX, setUp } from "../netlink/link.ts"
import { decodeRoute, getRoutes } from "../netlink/route.ts"
import { withNetlink } from "../netlink/socket.ts"
import { parseNetworkCounters } from "../network-counters.ts"
import type { Orders } from "./orders.ts"
import { inside, placeAt } from "./place.ts"
import { openListening } from "./sockets.ts"
import { forgetStandIns, standIn } from "./stand-in.ts"

/** Of a container's namespace we keep nothing open, so that it goes away when its name does. */
function visit<T>(path: string | undefined, act: () => T): T {
  if (path === undefined) return act()
  const namespace = openSync(path, "r")
  try {
    return inside(namespace, act)
  } finally {
    closeSync(namespace)
  }
}

/**
 * An address of the link-local kind is on the loopback, and heard there alone: each namespace may have the same, and what
 * comes from another one is not for it. Any other address is used where it is, and added where it is not.
 */
export const listen: Orders["listen"] = ({ path, address, port }) =>
  visit(path, () => {
    if (isLinkLocal(address)) {
      addToLoopback(address)
      return openListening(address, standIn(address, port), "lo")
    }
    try {
      return openListening(address, port)
    } catch (error) {
      if (!isSystemError(error, "EADDRNOTAVAIL")) throw error
      addToLoopback(address)
      return openListening(address, port)
    }
  })

/** Others keep their address: whether we added it is not known any more. */
export const forgetAddress: Orders["forgetAddress"] = ({ path, address }) => {
  if (!isLinkLocal(address)) return
  visit(path, () => {
    forgetStandIns(address)
    withNetlink((netlink) => {
      try {
        netlink.request(deleteAddress(LOOPBACK_INDEX, address, 32))
      } catch (error) {
        if (!isSystemError(error, "EADDRNOTAVAIL")) throw error
      }
    })
  })
}

function isLinkLocal(address: string): boolean {
  return address.startsWith("169.254.")
}

function addToLoopback(address: string): void {
  withNetlink((netlink) => {
    try {
      netlink.request(setUp(LOOPBACK_INDEX), addAddress(LOOPBACK_INDEX, address, 32))
    } catch (error) {
      if (!isSystemError(error, "EEXIST")) throw error
    }
  })
}

/**
 * What a container left of its connections holds its namespace until the other side has said good-bye, or the kernel has
 * asked for it often enough. Where the way is about to be cut, that would be for minutes, and once is enough.
 */
export function endConnectionsSoon(path: string): void {
  if (!existsSync(path)) return
  visit(path, () => writeFileSync("/proc/sys/net/ipv4/tcp_orphan_retries", "1"))
}

export const counters = ({ path }: { readonly path: string }): Readonly<Record<string, NetworkCounters>> =>
  visit(path, () => parseNetworkCounters(readFileSync("/proc/thread-self/net/dev", "utf8")))

export const surroundings: Orders["surroundings"] = () => {
  const { netlink } = placeAt(undefined)
  const routes = netlink.ask(getRoutes()).flatMap((body) => decodeRoute(body) ?? [])
  const way = routes.find(({ destination }) => destination === undefined)
  const links = netlink.ask(getLinks()).map(decodeLink)
  const nameOf = new Map(links.map(({ index, name }) => [index, name]))
  return {
    ways: routes.flatMap(({ destination, link }) =>
      destination === undefined ? [] : { destination, link: nameOf.get(link ?? 0) },
    ),
    taken: routes.flatMap(({ destination }) => destination ?? []),
    mtu: links.find(({ index }) => index === way?.link)?.mtu ?? MTU,
  }
}

/** Of Ethernet. */
const MTU = 1500
