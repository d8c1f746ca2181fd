import { status } from "@grpc/grpc-js"
import { ContainerdError } from "../grpc-error.ts"

// What gRPC puts around one message that is sent, and one that comes back.

export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_LENGTH)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Nothing is compressed, as nobody has asked for it. */
export function unframe(bytes: Buffer): Buffer {
  return bytes.subarray(HEAD_LENGTH, HEAD_LENGTH + (bytes.length < HEAD_LENGTH ? 0 : bytes.readUInt32BE(1)))
}

/** How a call ended, where these headers say it: they come last, or first when nothing else comes. */
export function statusOf(headers: Readonly<Record<string, unknown>>): ContainerdError | "well" | undefined {
  const { "grpc-status": code, "grpc-message": message = "" } = headers
  if (code === undefined) return undefined
  return Number(code) === status.OK ? "well" : new ContainerdError(Number(code), readable(String(message)))
}

/** Written in percent signs where it is not plain. */
function readable(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}

/** Whether it is compressed, and its length. */
const HEAD_LENGTH = 5
