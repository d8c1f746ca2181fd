import { isSystemError } from "../libc.ts"
import { decodeAddress, getAddresses } from "../netlink/address.ts"
import { type Connection, decodeConnection, deleteConnection, getConnections, UDP } from "../netlink/connection.ts"
import { NETFILTER, withNetlink } from "../netlink/socket.ts"

/**
 * Who keeps sending datagrams from one port is one connection to the kernel, which goes where its first one went: to a
 * container that is gone, or to nobody, since the port was not published yet. Such connections are forgotten, so that
 * the next datagram finds what is published now.
 */
export function forgetDatagramsTo(address: string): void {
  forget(({ reply }) => reply.source === address)
}

/** Those that went to this machine itself. */
export function forgetDatagramsAt(ports: readonly number[]): void {
  const local = new Set(withNetlink((netlink) => netlink.ask(getAddresses()).map(decodeAddress)))
  forget(
    ({ original, reply }) =>
      ports.includes(original.destinationPort) &&
      reply.source === original.destination &&
      (local.has(original.destination) || original.destination.startsWith("127.")),
  )
}

function forget(which: (connection: Connection) => boolean): void {
  withNetlink((netlink) => {
    for (const connection of netlink.ask(getConnections()).flatMap((body) => decodeConnection(body) ?? [])) {
      if (connection.original.protocol !== UDP || !which(connection)) continue
      try {
        netlink.request(deleteConnection(connection))
      } catch (error) {
        // It ended by itself.
        if (!isSystemError(error, "ENOENT")) throw error
      }
    }
  }, NETFILTER)
}
