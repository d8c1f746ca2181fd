import { readFileSync, writeFileSync } from "node:fs"
import { isSystemError } from "../libc.ts"
import { parseMounts } from "../mounts.ts"
import { addAddress } from "../netlink/address.ts"
import { addBridge, addVeth, deleteLink, LOOPBACK_INDEX, setUp } from "../netlink/link.ts"
import { addRoute } from "../netlink/route.ts"
import type { NetlinkSocket } from "../netlink/socket.ts"
import { createEmpty } from "./bridged.ts"
import { letGo } from "./kept.ts"
import type { BridgeOrder, OwnOrder } from "./orders.ts"
import { forgetPlace, placeAt } from "./place.ts"

/** The end of an instance's veth inside. */
const INSIDE = "eth0"

/** Each step may have been taken by a process before this one. */
export function openBridge({ path, name, address, prefixLength, macAddress, mtu }: BridgeOrder): number {
  const place = placeAt(path)
  const { netlink } = place
  unlessThere(() => netlink.request(addBridge(name, macAddress, mtu)))
  const bridge = netlink.linkIndex(name)
  unlessThere(() => netlink.request(addAddress(bridge, address, prefixLength)))
  place.enter(() => {
    // Connections to 127.0.0.1 that a rule sends on to a container leave through the bridge with that address; what
    // comes in over it with such an address is dropped by another rule.
    setting(`conf/${name}/route_localnet`, "1")
    setting("ip_forward", "1")
  })
  return bridge
}

export function closeBridge(name: string): void {
  const { netlink } = placeAt(undefined)
  if (hasLink(netlink, name)) netlink.request(deleteLink(name))
}

export function openOwn(order: OwnOrder): void {
  if (!isNamespace(order.path)) {
    // What is left of a start in the middle, or of before the machine went down.
    closeOwn(order.path)
    createEmpty(order.path)
  }
  const host = placeAt(undefined)
  const own = placeAt(order.path)
  const peer = { name: INSIDE, namespace: own.namespace }
  unlessThere(() => host.netlink.request(addVeth({ name: order.link }, peer, order.mtu)))

  const outer = host.netlink.linkIndex(order.link)
  unlessThere(() => host.netlink.request(addAddress(outer, order.hostAddress, order.prefixLength)))
  const inner = own.netlink.linkIndex(INSIDE)
  unlessThere(() => own.netlink.request(addAddress(inner, order.address, order.prefixLength)))
  own.netlink.request(setUp(LOOPBACK_INDEX), setUp(inner), addRoute(order.hostAddress))
  host.netlink.request(addRoute(order.address, order.subnet))
  setting("ip_forward", "1")
}

export function closeOwn(path: string): void {
  forgetPlace(path)
  letGo(path)
}

function isNamespace(path: string): boolean {
  return parseMounts(readFileSync("/proc/self/mountinfo", "utf8")).some(({ point }) => point === path)
}

function hasLink(netlink: NetlinkSocket, name: string): boolean {
  try {
    netlink.linkIndex(name)
    return true
  } catch (error) {
    if (isSystemError(error, "ENODEV")) return false
    throw error
  }
}

function unlessThere(make: () => void): void {
  try {
    make()
  } catch (error) {
    if (!isSystemError(error, "EEXIST")) throw error
  }
}

/** Of the namespace in which this thread is. */
function setting(name: string, value: string): void {
  const file = `/proc/sys/net/ipv4/${name}`
  if (readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value)
}
