import { closeSync } from "node:fs"
import { createInterface } from "node:readline"
import koffi from "koffi"
import { AF_INET, bind, listen, receive, SOCK_STREAM, send, socket } from "../src/node/linux/libc.ts"

// One end of a connection, in a process of its own that sits in a task's namespace. It asks the kernel itself and waits
// there, so that what is measured is the way of the packets and not Node's.

export interface EndTask {
  readonly kind: "round trip" | "throughput"
  readonly seconds: number
}

const libc = koffi.load(null)
const connectCall = libc.func("int connect(int fd, const void *address, uint32_t length)")
const acceptCall = libc.func("int accept(int fd, void *address, void *length)")
const shutdownCall = libc.func("int shutdown(int fd, int how)")
const setsockoptCall = libc.func("int setsockopt(int fd, int level, int name, const void *value, uint32_t length)")

const PORT = 7_000
const PIECE_LENGTH = 131_072
const TRIPS = 16
const [ECHO, SINK] = [1, 2]
const SHUT_WR = 1
const IPPROTO_TCP = 6
const TCP_NODELAY = 1

const [role = "", address = ""] = process.argv.slice(2)
if (role === "serve") serve()
else {
  console.log("true")
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(String(measure(JSON.parse(line) as EndTask)))
  }
}

/** Gives back each byte, or only takes what comes. */
function serve(): never {
  const listening = socket(AF_INET, SOCK_STREAM)
  bind(listening, addressOf(PORT))
  listen(listening, 8)
  console.log("true")
  const bytes = Buffer.alloc(PIECE_LENGTH)
  for (;;) {
    const fd = acceptCall(listening, null, null) as number
    sendAtOnce(fd)
    // The first byte says what is wanted.
    receive(fd, bytes.subarray(0, 1))
    const echoes = bytes[0] === ECHO
    for (let length = receive(fd, bytes); length > 0; length = receive(fd, bytes)) {
      if (echoes) send(fd, bytes.subarray(0, length))
    }
    closeSync(fd)
  }
}

/** Milliseconds of one round trip, or megabytes in a second. */
function measure({ kind, seconds }: EndTask): number {
  const fd = socket(AF_INET, SOCK_STREAM)
  const to = addressOf(PORT)
  if ((connectCall(fd, to, to.length) as number) !== 0) throw new Error(`${address} cannot be reached`)
  sendAtOnce(fd)
  send(fd, Buffer.of(kind === "round trip" ? ECHO : SINK))
  const measured = kind === "round trip" ? roundTrip(fd, seconds * 1000) : throughput(fd, seconds * 1000)
  closeSync(fd)
  return measured
}

function roundTrip(fd: number, ms: number): number {
  const byte = Buffer.alloc(1)
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < ms) {
    for (let trip = 0; trip < TRIPS; trip++) {
      send(fd, byte)
      receive(fd, byte)
    }
    count += TRIPS
  }
  return (performance.now() - startedAt) / count
}

function throughput(fd: number, ms: number): number {
  const piece = Buffer.alloc(PIECE_LENGTH)
  const startedAt = performance.now()
  let bytes = 0
  while (performance.now() - startedAt < ms) {
    send(fd, piece)
    bytes += piece.length
  }
  // Not before the other side has taken all of it.
  shutdownCall(fd, SHUT_WR)
  receive(fd, piece)
  return bytes / 1e6 / ((performance.now() - startedAt) / 1000)
}

function sendAtOnce(fd: number): void {
  const on = Buffer.of(1, 0, 0, 0)
  setsockoptCall(fd, IPPROTO_TCP, TCP_NODELAY, on, on.length)
}

function addressOf(port: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16LE(AF_INET, 0)
  bytes.writeUInt16BE(port, 2)
  for (const [index, part] of address.split(".").entries()) bytes[4 + index] = Number(part)
  return bytes
}
