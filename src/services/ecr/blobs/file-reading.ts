import { open } from "node:fs/promises"
import type { ByteRange } from "./blob-store.ts"

/** A file piece by piece; while one piece is on its way to the reader, the next one is read. */
export async function* readFile(path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, "r")
  let pending: Promise<Uint8Array> | undefined
  try {
    let at = range?.from ?? 0
    const end = range?.to ?? (await file.stat()).size
    const next = () => {
      const length = Math.min(PIECE_BYTES, end - at)
      const read = pieceAt(at, length)
      at += length
      return read
    }
    const pieceAt = async (position: number, length: number) => {
      const bytes = Buffer.allocUnsafeSlow(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
        if (bytesRead === 0) throw new Error(`${path} ends too soon`)
        filled += bytesRead
      }
      return bytes
    }
    if (at < end) pending = next()
    while (pending !== undefined) {
      const piece = await pending
      pending = at < end ? next() : undefined
      // Its failure is told when it is waited for.
      pending?.catch(() => {})
      yield piece
    }
  } finally {
    await pending?.catch(() => {})
    await file.close()
  }
}

const PIECE_BYTES = 512 * 1024
