import type { Readable } from "node:stream"

/** Over a stream each message of the DNS has its length before it. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

export function readFrames(stream: Readable, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const length = rest.readUInt16BE(0)
      take(rest.subarray(2, 2 + length))
      rest = rest.subarray(2 + length)
    }
  })
}
