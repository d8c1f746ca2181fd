import { closeSync, openSync } from "node:fs"
import type { Socket } from "node:net"
import type { Cancel } from "../../../world/world.ts"
import { listenOn } from "../../linux/listen-on.ts"
import { inside } from "../../linux/namespaces/place.ts"
import { openListening } from "../../linux/namespaces/sockets.ts"
import { standIn } from "../../linux/namespaces/stand-in.ts"

/**
 * Listens at an address that is on the host's loopback already for what comes in through one interface, and for nothing
 * else. The port itself stays free for the host, and for tasks in its network.
 */
export async function listenOnLink(
  namespace: string | undefined,
  link: string,
  address: string,
  port: number,
  connected: (socket: Socket) => void,
): Promise<Cancel> {
  const fd = openIn(namespace, () => openListening(address, standIn(address, port, link), link))
  const server = await listenOn(fd, connected)
  return () => void server.close()
}

/** There and back without a pause, so nothing else of this process happens in the other namespace. */
function openIn(namespace: string | undefined, open: () => number): number {
  if (namespace === undefined) return open()
  const fd = openSync(namespace, "r")
  try {
    return inside(fd, open)
  } finally {
    closeSync(fd)
  }
}
