import { isSystemError } from "../libc.ts"
import { addVeth, deleteLink, setUp } from "../netlink/link.ts"
import { addVxlan } from "../netlink/vxlan.ts"
import type { FabricOrders } from "./fabric-orders.ts"
import { placeAt } from "./place.ts"
import { setting } from "./settings.ts"

export const connect: FabricOrders["connect"] = ({ one, other, mtu }) => {
  const here = placeAt(one.path).netlink
  const there = placeAt(other.path)
  const peer = { name: other.name, mac: other.mac, namespace: there.namespace }
  here.request(addVeth({ name: one.name, mac: one.mac }, peer, mtu))
  there.netlink.request(setUp(there.netlink.linkIndex(other.name)))
  if (other.path === undefined) setting("ipv4/ip_forward", "1")
}

export const openVxlan: FabricOrders["openVxlan"] = ({ path, ...vxlan }) => {
  const router = placeAt(path)
  placeAt(undefined).netlink.request(addVxlan({ ...vxlan, namespace: router.namespace }))
  router.netlink.request(setUp(router.netlink.linkIndex(vxlan.name)))
}

export const removeLink: FabricOrders["removeLink"] = ({ path, link }) => {
  try {
    placeAt(path).netlink.request(deleteLink(link))
  } catch (error) {
    if (!isSystemError(error, "ENODEV")) throw error
  }
}
