import { connect, type Socket } from "node:net"

export interface Reply {
  readonly status: number
  readonly headBytes: number

  /** As they came, each on a line. */
  readonly headers: string
  readonly body: Buffer
}

/**
 * A connection that is kept, one request at a time. It does as little as it can: a complete client takes more of the
 * processors than the server that is to be measured.
 */
export class HttpConnection {
  readonly #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #waiting: PromiseWithResolvers<Reply> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on("data", (bytes: Buffer) => this.#read(bytes))
    socket.on("error", (error) => this.#waiting?.reject(error))
    socket.on("close", () => this.#waiting?.reject(new Error("the server closed the connection")))
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new HttpConnection(socket)))
      socket.once("error", reject)
    })
  }

  call(request: Buffer): Promise<Reply> {
    this.#waiting = Promise.withResolvers()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    const headEnd = all.indexOf("\r\n\r\n")
    const head = headEnd === -1 ? "" : all.toString("latin1", 0, headEnd)
    const headBytes = headEnd + 4
    const end = headBytes + Number(CONTENT_LENGTH.exec(head)?.[1])
    this.#unread = all
    if (headEnd === -1 || all.length < end) return
    this.#unread = all.subarray(end)
    this.#waiting!.resolve({
      status: Number(head.slice(9, 12)),
      headBytes,
      headers: head,
      body: all.subarray(headBytes, end),
    })
  }
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
