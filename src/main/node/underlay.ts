import { createSocket } from "node:dgram"
import { isIPv4 } from "node:net"
import { isLoopback } from "../tls.ts"
import type { HostedInstance } from "./membership.ts"

/**
 * Where other machines of an installation reach this one: as the operator says, or else the address from which this
 * machine reaches its regions. What was found last holds while nothing is found, as a machine may start before its network.
 */
export class Underlay {
  readonly #said: string | undefined
  #saidAtJoin: string | undefined
  #found: string | undefined

  constructor(said: string | undefined, known: readonly KnownUnderlay[]) {
    this.#said = said
    this.#take(known)
  }

  /** Undefined for a machine that stands alone. */
  get address(): string | undefined {
    return this.#said ?? this.#saidAtJoin ?? this.#found
  }

  /** What is worth keeping: the operator may say something else the next time. */
  get found(): string | undefined {
    return this.#found
  }

  /** Looks where the ways to these regions begin; the first that leaves the machine counts. */
  async look(known: readonly KnownUnderlay[], endpoints: readonly string[]): Promise<void> {
    this.#take(known)
    for (const endpoint of endpoints) {
      const address = await sourceOf(new URL(endpoint).hostname)
      if (address === undefined) continue
      this.#found = address
      return
    }
  }

  #take(known: readonly KnownUnderlay[]): void {
    this.#saidAtJoin = known.find(({ underlay }) => underlay !== undefined)?.underlay
    this.#found ??= known.find(({ foundUnderlay }) => foundUnderlay !== undefined)?.foundUnderlay
  }
}

type KnownUnderlay = Pick<HostedInstance, "underlay" | "foundUnderlay">

/** The address that this machine sends from to a host. Nothing is sent: the kernel knows the way. */
export async function sourceOf(hostname: string): Promise<string | undefined> {
  const socket = createSocket("udp4")
  const found = Promise.withResolvers<string | undefined>()
  // A host that has no name here, no address of version 4, or no way to it.
  socket.on("error", () => found.resolve(undefined))
  socket.once("connect", () => found.resolve(socket.address().address))
  socket.connect(ANY_PORT, hostname)
  // Nor is a name server waited for that cannot be reached either.
  const late = setTimeout(() => found.resolve(undefined), LOOK_MS_MAX)
  const address = await found.promise
  clearTimeout(late)
  socket.close()
  return address === undefined || !isIPv4(address) || isLoopback(address) ? undefined : address
}

const ANY_PORT = 9
const LOOK_MS_MAX = 2_000
