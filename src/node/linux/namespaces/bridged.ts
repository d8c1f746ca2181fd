import { addAddress } from "../netlink/address.ts"
import { addVeth, LOOPBACK_INDEX, setHairpin, setUp } from "../netlink/link.ts"
import { addRoute } from "../netlink/route.ts"
import { withNetlink } from "../netlink/socket.ts"
import { forgetDatagramsAt } from "./datagrams.ts"
import { keep, letGo } from "./kept.ts"
import type { BridgedOrder } from "./orders.ts"
import { insideNew, placeAt } from "./place.ts"
import { assertFree } from "./sockets.ts"

/** A container's end of its veth. */
const INSIDE = "eth0"

export function createBridged(order: BridgedOrder): void {
  const place = placeAt(order.instancePath)
  if (order.ports.length > 0) place.enter(() => order.ports.forEach(assertFree))
  insideNew((namespace) => {
    const peer = { name: INSIDE, mac: order.macAddress, namespace }
    place.netlink.request(addVeth({ name: order.link, master: order.bridge }, peer, order.mtu))
    if (order.ports.length > 0) place.netlink.request(setHairpin(order.link))
    withNetlink((netlink) => {
      const index = netlink.linkIndex(INSIDE)
      netlink.request(
        setUp(LOOPBACK_INDEX),
        addAddress(index, order.address, order.prefixLength),
        setUp(index),
        addRoute(order.gateway),
      )
    })
    // Only what is whole gets a name, so whoever finds it later need not ask whether it is.
    keep(order.path)
  })
  if (order.rules === undefined) return
  const datagramPorts = order.ports.flatMap(({ protocol, hostPort }) => (protocol === "udp" ? [hostPort] : []))
  try {
    place.enter(() => {
      place.filter.run(order.rules!)
      if (datagramPorts.length > 0) forgetDatagramsAt(datagramPorts)
    })
  } catch (error) {
    letGo(order.path)
    throw error
  }
}

export function createEmpty(path: string): void {
  insideNew(() => {
    withNetlink((netlink) => netlink.request(setUp(LOOPBACK_INDEX)))
    keep(path)
  })
}
