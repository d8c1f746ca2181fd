import { createServer } from "node:net"
import type { World } from "../../world/world.ts"
import { handleIntrospection } from "./introspection.ts"
import type { EndpointResponse } from "./message.ts"
import { EndpointServer } from "./server.ts"
import type { EndpointAgent } from "./tenant.ts"

export interface IntrospectionOptions {
  readonly world: World

  /** Undefined for as long as this process has no agent. */
  readonly agent: () => EndpointAgent | undefined

  /** Of this program. */
  readonly version: string

  /** The loopback by default: what runs here is nobody's business on the network. */
  readonly address?: string
  readonly port?: number
}

/** Listens for people on the machine; ends with `close`. */
export async function listenForIntrospection({
  world,
  agent,
  version,
  address = "127.0.0.1",
  port = INTROSPECTION_PORT,
}: IntrospectionOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = new EndpointServer(world, (request) => {
    const asked = agent()
    return asked === undefined ? NOT_READY : handleIntrospection(request, asked, version)
  })
  const listener = createServer((socket) => server.connected(socket))
  await new Promise<void>((resolve, reject) => {
    // Also later, as when a connection cannot be accepted: that one is lost, and nothing else is.
    listener.on("error", reject)
    listener.listen(port, address, resolve)
  })
  const at = listener.address()
  return {
    port: typeof at === "object" && at !== null ? at.port : port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        server.close()
      }),
  }
}

export const INTROSPECTION_PORT = 51_678
const NOT_READY: EndpointResponse = { status: 503, body: "no agent has started yet" }
