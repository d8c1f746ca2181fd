import { closeSync } from "node:fs"
import { AF_NETLINK, receive, receiveNow, SOCK_RAW, type SystemError, send, socket, systemError } from "../libc.ts"
import { decodeLink, getLink } from "./link.ts"
import { decode, encode, type Message, type Reply } from "./message.ts"

/**
 * A connection to the kernel's network, in the namespace in which it was made, wherever its thread goes later. The
 * kernel has answered by the time that a request was sent, so nothing here waits.
 */
export class NetlinkSocket {
  readonly #fd: number
  #sequence = 0

  constructor(protocol = ROUTE) {
    this.#fd = socket(AF_NETLINK, SOCK_RAW, protocol)
  }

  /** Carries out all of them in order, in one go; throws what the first that failed says. */
  request(...messages: readonly Message[]): void {
    const first = this.#sequence + 1
    const failed = this.#exchange(messages).filter((reply) => reply.kind === "acknowledged" && reply.errno !== 0)
    const reply = failed[0]
    if (reply?.kind !== "acknowledged") return
    throw systemError(`netlink request ${messages[reply.sequence - first]!.type}`, reply.errno)
  }

  /** Carries out all of them in order, whatever becomes of any; answers with what the kernel refused, by their places. */
  attempt(messages: readonly Message[]): ReadonlyMap<number, SystemError> {
    const refused = new Map<number, SystemError>()
    for (let from = 0; from < messages.length; from += BATCH_COUNT) {
      const batch = messages.slice(from, from + BATCH_COUNT)
      const first = this.#sequence + 1
      for (const reply of this.#exchange(batch)) {
        if (reply.kind !== "acknowledged" || reply.errno === 0) continue
        const place = reply.sequence - first
        refused.set(from + place, systemError(`netlink request ${batch[place]!.type}`, reply.errno))
      }
    }
    return refused
  }

  /** Carries out a batch of the netfilter kind, all of it or nothing; throws what any of it was refused with. */
  commit(batch: readonly Message[]): void {
    send(this.#fd, Buffer.concat(batch.map((message) => encode(message, ++this.#sequence))))
    const bytes = Buffer.allocUnsafe(RECEIVED_LENGTH)
    let answered = 0
    // The kernel is done, and has said all that it will say.
    for (let length = receiveNow(this.#fd, bytes); length !== undefined; length = receiveNow(this.#fd, bytes)) {
      for (const reply of decode(bytes.subarray(0, length))) {
        if (reply.kind !== "acknowledged") continue
        if (reply.errno !== 0) throw systemError("netlink batch", reply.errno)
        answered++
      }
    }
    if (answered < batch.length - 2) throw new Error("a netlink batch was not answered")
  }

  /** What the kernel answers with. */
  ask(message: Message): Buffer[] {
    const replies = this.#exchange([message])
    const failed = replies.find((reply) => reply.kind === "acknowledged" && reply.errno !== 0)
    if (failed?.kind === "acknowledged") throw systemError(`netlink request ${message.type}`, failed.errno)
    return replies.flatMap((reply) => (reply.kind === "message" ? [reply.body] : []))
  }

  linkIndex(name: string): number {
    return decodeLink(this.ask(getLink(name))[0]!).index
  }

  close(): void {
    closeSync(this.#fd)
  }

  #exchange(messages: readonly Message[]): Reply[] {
    send(this.#fd, Buffer.concat(messages.map((message) => encode(message, ++this.#sequence))))
    const replies: Reply[] = []
    for (let left = messages.length; left > 0; ) {
      // The replies point into it.
      const bytes = Buffer.allocUnsafe(RECEIVED_LENGTH)
      const received = decode(bytes.subarray(0, receive(this.#fd, bytes)))
      left -= received.filter(({ kind }) => kind !== "message").length
      replies.push(...received)
    }
    return replies
  }
}

/** For what is done in a namespace once. */
export function withNetlink<T>(act: (netlink: NetlinkSocket) => T, protocol = ROUTE): T {
  const netlink = new NetlinkSocket(protocol)
  try {
    return act(netlink)
  } finally {
    netlink.close()
  }
}

/** What a socket is about. */
const ROUTE = 0
export const NETFILTER = 12

/** The answers to that many fit into what a socket may hold. */
const BATCH_COUNT = 64

/** The kernel never sends more at once. */
const RECEIVED_LENGTH = 32_768
