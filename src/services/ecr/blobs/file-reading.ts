import { type FileHandle, open } from "node:fs/promises"
import type { ByteRange } from "./blob-store.ts"

/**
 * A file piece by piece; while one piece is on its way to the reader, the next one is read. There are two places for pieces,
 * so one is good until the next is asked for.
 */
export async function* readFile(path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, "r")
  let pending: Promise<Uint8Array> | undefined
  try {
    let at = range?.from ?? 0
    const end = range?.to ?? (await file.stat()).size
    const places: Buffer[] = []
    let turn = 0
    const next = () => {
      const length = Math.min(PIECE_BYTES, end - at)
      const place = places[turn] ?? Buffer.allocUnsafeSlow(length)
      places[turn] = place
      const read = fill(file, place.subarray(0, length), at)
      at += length
      turn = 1 - turn
      return read
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

async function fill(file: FileHandle, place: Buffer, at: number): Promise<Uint8Array> {
  for (let filled = 0; filled < place.length; ) {
    const { bytesRead } = await file.read(place, filled, place.length - filled, at + filled)
    if (bytesRead === 0) throw new Error("a blob ends too soon")
    filled += bytesRead
  }
  return place
}

const PIECE_BYTES = 512 * 1024
