import { closeSync } from "node:fs"
import { ipBytes } from "../ip.ts"
import { AF_INET, bind, listen, reuseAddress, SOCK_DGRAM, SOCK_STREAM, socket } from "../libc.ts"
import type { FabricOrders } from "./fabric-orders.ts"
import { placeAt } from "./place.ts"

/** The address is the namespace's already. */
export const openSocketIn: FabricOrders["openSocket"] = ({ path, kind, address, port }) =>
  placeAt(path).enter(() => {
    const bytes = ipBytes(address)
    const isFour = bytes.length === 4
    const fd = socket(isFour ? AF_INET : AF_INET6, kind === "stream" ? SOCK_STREAM : SOCK_DGRAM)
    try {
      reuseAddress(fd)
      const name = Buffer.alloc(isFour ? 16 : 28)
      name.writeUInt16LE(isFour ? AF_INET : AF_INET6, 0)
      name.writeUInt16BE(port, 2)
      bytes.copy(name, isFour ? 4 : 8)
      bind(fd, name)
      if (kind === "stream") listen(fd, BACKLOG)
      return fd
    } catch (error) {
      closeSync(fd)
      throw error
    }
  })

const AF_INET6 = 10
const BACKLOG = 511
