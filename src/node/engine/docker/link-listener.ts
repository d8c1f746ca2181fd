import { closeSync, openSync } from "node:fs"
import type { Socket } from "node:net"
import type { Cancel } from "../../../world/world.ts"
import { listenOn } from "../../linux/listen-on.ts"
import { inside } from "../../linux/namespaces/place.ts"
import { openListening } from "../../linux/namespaces/sockets.ts"

/** Listens at an address of the host for what comes in through one interface, and for nothing else. */
export async function listenOnLink(
  namespace: string | undefined,
  link: string,
  address: string,
  port: number,
  connected: (socket: Socket) => void,
): Promise<Cancel> {
  const fd = openIn(namespace, () => openListening(address, port, link))
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
