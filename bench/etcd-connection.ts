import { connect, type Socket } from "node:net"

/**
 * A connection to etcd that can only put. It writes HTTP/2 frames itself: a client as complete as Node's takes its share
 * of the processors away from etcd, and the figure would be the client's.
 */
export class EtcdConnection {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #lastStream = -1
  #unread: Buffer = Buffer.alloc(0)
  #isCorked = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on("data", (bytes: Buffer) => this.#read(bytes))
    socket.on("close", () => this.#fail(new Error("etcd closed the connection")))
    socket.on("error", (error) => this.#fail(error))
    const window = Buffer.alloc(4)
    window.writeUInt32BE(2 ** 30)
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    socket.write(Buffer.concat([frame(SETTINGS, 0, 0), frame(WINDOW_UPDATE, 0, 0, window)]))
  }

  static open(port: number): Promise<EtcdConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new EtcdConnection(socket)))
      socket.once("error", reject)
    })
  }

  /** Resolves when etcd says that the value is kept. */
  put(key: string, value: string): Promise<void> {
    this.#lastStream += 2
    const stream = this.#lastStream
    this.#cork()
    this.#socket.write(frame(HEADERS, END_HEADERS, stream, PUT_HEADERS))
    this.#socket.write(frame(DATA, END_STREAM, stream, putRequest(key, value)))
    return new Promise((resolve, reject) => this.#waiting.set(stream, { resolve, reject, hasAnswer: false }))
  }

  /** What is written in one turn leaves together. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    setImmediate(() => {
      this.#isCorked = false
      this.#socket.uncork()
    })
  }

  #read(bytes: Buffer): void {
    let rest = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUIntBE(0, 3)
      if (rest.length < end) break
      this.#take(rest[3]!, rest[4]!, rest.readUInt32BE(5), rest.subarray(HEAD_BYTES, end))
      rest = rest.subarray(end)
    }
    this.#unread = rest
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === DATA) this.#waiting.get(stream)!.hasAnswer ||= payload.length > 0
    if (type === SETTINGS && (flags & ACK) === 0) this.#socket.write(frame(SETTINGS, ACK, 0))
    if (type === PING && (flags & ACK) === 0) this.#socket.write(frame(PING, ACK, 0, payload))
    if (type === RST_STREAM || type === GOAWAY) this.#fail(new Error("etcd refused a request"))
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) this.#end(stream)
  }

  /** A failed call has trailers but no message, so that they need not be decoded. */
  #end(stream: number): void {
    const waiting = this.#waiting.get(stream)!
    this.#waiting.delete(stream)
    if (waiting.hasAnswer) waiting.resolve()
    else waiting.reject(new Error("etcd answered with an error"))
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  hasAnswer: boolean
}

const HEAD_BYTES = 9

// Frame types and flags of RFC 9113.
const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8
const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, HEAD_BYTES)
  return bytes
}

/** The same for every call. Names are given by their number in HPACK's static table, or written out; nothing is remembered. */
const PUT_HEADERS = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  header([0x04], "/etcdserverpb.KV/Put"),
  header([0x01], "127.0.0.1"),
  header([0x0f, 0x10], "application/grpc"),
  header([0x00, 2, ...Buffer.from("te")], "trailers"),
])

function header(name: readonly number[], value: string): Buffer {
  return Buffer.from([...name, value.length, ...Buffer.from(value)])
}

/** `PutRequest { bytes key = 1; bytes value = 2 }`, and before it gRPC's one byte for "not compressed" and four of length. */
function putRequest(key: string, value: string): Buffer {
  const message = Buffer.concat([bytesField(1, key), bytesField(2, value)])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Lengths below 2^14 take two bytes at most. */
function bytesField(number: number, text: string): Buffer {
  const { length } = text
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
  return Buffer.from([(number << 3) | 2, ...size, ...Buffer.from(text)])
}
