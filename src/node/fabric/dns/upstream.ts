import { createSocket } from "node:dgram"
import { readFileSync } from "node:fs"
import { connect, isIP } from "node:net"
import type { World } from "../../../world/world.ts"
import { frame, readFrames } from "./frames.ts"

/** Asks whomever the host itself asks. */
export class Upstream {
  readonly #world: Pick<World, "after" | "random">
  readonly #servers: () => readonly string[]
  #underway = 0

  constructor(world: Pick<World, "after" | "random">, servers: () => readonly string[] = hostResolvers) {
    this.#world = world
    this.#servers = servers
  }

  /** The answer, under the question's own number; undefined when nobody gives one. */
  async ask(query: Buffer, transport: "datagram" | "stream"): Promise<Buffer | undefined> {
    if (this.#underway >= UNDERWAY_MAX) return undefined
    this.#underway++
    try {
      for (const server of this.#servers()) {
        const sent = Buffer.from(query)
        // So that nobody can guess what an answer would have to look like.
        sent.writeUInt16BE(this.#world.random.below(0x1_0000), 0)
        const answer = await this.#askOne(server, sent, transport)
        if (answer === undefined) continue
        const answered = Buffer.from(answer)
        answered.writeUInt16BE(query.readUInt16BE(0), 0)
        return answered
      }
      return undefined
    } finally {
      this.#underway--
    }
  }

  #askOne(server: string, query: Buffer, transport: "datagram" | "stream"): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const end = (answer?: Buffer) => {
        cancel()
        close()
        resolve(answer)
      }
      const cancel = this.#world.after(WAIT_MS, () => end())
      const isAnswer = (bytes: Buffer) => bytes.length >= 12 && bytes.readUInt16BE(0) === query.readUInt16BE(0)
      const take = (bytes: Buffer) => {
        if (isAnswer(bytes)) end(bytes)
      }
      const close = transport === "datagram" ? byDatagram(server, query, take, end) : byStream(server, query, take, end)
    })
  }
}

const PORT = 53
const WAIT_MS = 3000

/** More are not asked at once: a task that asks without end gets no answers, and others' wait is short. */
const UNDERWAY_MAX = 512

function byDatagram(server: string, query: Buffer, take: (bytes: Buffer) => void, fail: () => void): () => void {
  const socket = createSocket(isIP(server) === 6 ? "udp6" : "udp4")
  let isOpen = true
  socket.on("message", take)
  socket.on("error", () => fail())
  // Connected, it hears nobody else.
  socket.connect(PORT, server, () => isOpen && socket.send(query))
  return () => {
    if (isOpen) socket.close()
    isOpen = false
  }
}

function byStream(server: string, query: Buffer, take: (bytes: Buffer) => void, fail: () => void): () => void {
  const socket = connect(PORT, server, () => socket.write(frame(query)))
  readFrames(socket, take)
  socket.on("error", () => fail())
  return () => void socket.destroy()
}

/** Read each time: it changes as machines move between networks. */
function hostResolvers(): string[] {
  try {
    const lines = readFileSync("/etc/resolv.conf", "utf8").split("\n")
    return lines.flatMap((line) => /^nameserver\s+([0-9a-fA-F.:]+)\s*$/.exec(line)?.[1] ?? [])
  } catch {
    return []
  }
}
