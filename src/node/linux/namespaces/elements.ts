import { decodeElements, getElements } from "../netlink/counted-elements.ts"
import { editElements as encodeEdits } from "../netlink/filter-elements.ts"
import { NETFILTER, withNetlink } from "../netlink/socket.ts"
import type { FabricOrders } from "./fabric-orders.ts"
import { placeAt } from "./place.ts"

export const editElements: FabricOrders["editElements"] = ({ path, table, edits }) =>
  placeAt(path).enter(() => withNetlink((netlink) => netlink.commit(encodeEdits(table, edits)), NETFILTER))

export const countedElements: FabricOrders["countedElements"] = ({ path, table, sets }) =>
  placeAt(path).enter(() =>
    withNetlink(
      (netlink) => sets.map((set) => netlink.ask(getElements(table, set)).flatMap(decodeElements)),
      NETFILTER,
    ),
  )
