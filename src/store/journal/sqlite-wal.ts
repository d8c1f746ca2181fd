import { readFileSync } from "node:fs"
import { damaged } from "./sqlite-layout.ts"

/**
 * SQLite takes the first frame of its write-ahead log that does not check out for the end of the log. That is right for
 * a write that a loss of power cut short, but it would also drop, silently, everything after a frame that went bad. The
 * two can be told apart: a commit is on the disk before the next one begins, so a bad frame with a later commit behind it
 * was once good. Only in the newest commit can damage not be told from a write cut short.
 */
export function verifyWal(path: string): void {
  for (let wal = readIfThere(path); isDamaged(wal); ) {
    // Perhaps it was read while another process wrote it. That one is refused later; damage stays as it is.
    const again = readIfThere(path)
    if (again.equals(wal)) throw damaged("its write-ahead log was altered")
    wal = again
  }
}

// The format is described at https://www.sqlite.org/fileformat2.html#walformat
const MAGIC_LITTLE_ENDIAN = 0x377f0682
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

function isDamaged(wal: Buffer): boolean {
  if (wal.length < HEADER_BYTES || wal.subarray(0, HEADER_BYTES).every((byte) => byte === 0)) return false
  if (wal.readUInt32BE(0) !== MAGIC_LITTLE_ENDIAN) return true
  const sum = new Sum(wal)
  sum.add(0, 24)
  if (!sum.isAt(24)) return true

  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8)
  const isOfThisLog = (frame: number) => wal.compare(wal, 16, 24, frame + 8, frame + 16) === 0
  let good = true
  let committedSince = false
  for (let frame = HEADER_BYTES; frame + frameBytes <= wal.length; frame += frameBytes) {
    const own = isOfThisLog(frame)
    if (own && committedSince) return true
    if (good) {
      sum.add(frame, frame + 8)
      sum.add(frame + FRAME_HEADER_BYTES, frame + frameBytes)
      good = own && sum.isAt(frame + 16)
    }
    const endsCommit = own && wal.readUInt32BE(frame + 4) !== 0
    if (!good && endsCommit) committedSince = true
  }
  return false
}

/** The running checksum of a write-ahead log. */
class Sum {
  readonly #bytes: Buffer
  readonly #words: Uint32Array
  #first = 0
  #second = 0

  constructor(wal: Buffer) {
    this.#bytes = wal
    this.#words = new Uint32Array(new Uint8Array(wal).buffer, 0, wal.length >> 2)
  }

  add(from: number, to: number): void {
    const words = this.#words
    let first = this.#first
    let second = this.#second
    for (let index = from >> 2; index < to >> 2; index += 2) {
      first = (first + words[index]! + second) | 0
      second = (second + words[index + 1]! + first) | 0
    }
    this.#first = first
    this.#second = second
  }

  isAt(offset: number): boolean {
    return this.#bytes.readInt32BE(offset) === this.#first && this.#bytes.readInt32BE(offset + 4) === this.#second
  }
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0)
    throw error
  }
}
