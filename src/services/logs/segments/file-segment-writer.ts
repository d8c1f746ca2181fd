import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { constants, zstdCompressSync } from "node:zlib"
import { type Batch, countedBytes } from "./batch.ts"
import {
  type BlockEntry,
  DRAFT,
  type GroupEntry,
  type Piece,
  pieceOf,
  type SegmentInfo,
  type SegmentName,
  type StreamEntry,
  segmentName,
  trailerOf,
} from "./file-layout.ts"
import { syncDirectory } from "./file-log.ts"

/** Writes a segment under a draft's name; once all of it is durable it gets its own. */
export class SegmentWriter {
  readonly #directory: string
  readonly #name: Omit<SegmentName, "name">
  readonly #draft: string
  readonly #fd: number
  readonly #groups: GroupEntry[] = []
  #group: OpenGroup | undefined
  #sequence: number
  #written = 0
  #pieces: Buffer[] = []
  #pending = 0

  constructor(directory: string, name: Omit<SegmentName, "name">, sequence = 0) {
    this.#directory = directory
    this.#name = name
    this.#sequence = sequence
    this.#draft = join(directory, segmentName(name) + DRAFT)
    this.#fd = openSync(this.#draft, "w", 0o600)
  }

  get hasBlocks(): boolean {
    return this.#groups.length > 0 || (this.#group !== undefined && this.#group.blocks.length > 0)
  }

  /** All that follows is this group's, until the next one begins. */
  beginGroup(id: string): void {
    this.#endGroup()
    this.#group = { id, streams: new Map(), blocks: [], stored: 0 }
  }

  block(batches: readonly Batch[]): void {
    const group = this.#group!
    const streams = new Set<number>()
    let [first, last, counted] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    for (const batch of batches) {
      streams.add(noteStream(group, { ...batch, id: batch.stream }))
      first = Math.min(first, batch.first)
      last = Math.max(last, batch.last)
      counted += countedBytes(batch)
      this.#sequence = Math.max(this.#sequence, batch.sequence)
    }
    const piece = this.#write(pieceOf(packed(Buffer.concat(batches.map(({ bytes }) => bytes)))))
    group.blocks.push({ ...piece, first, last, counted, streams: [...streams] })
    group.stored += piece.length
  }

  /** Takes over a block of another segment as it is. */
  copy(bytes: Buffer, block: BlockEntry, streams: readonly StreamEntry[]): void {
    const group = this.#group!
    const piece = this.#write(bytes)
    group.blocks.push({ ...block, ...piece, streams: streams.map((stream) => noteStream(group, stream)) })
    group.stored += piece.length
  }

  finish(): SegmentInfo {
    this.#endGroup()
    const directory = { groups: this.#groups, sequence: this.#sequence }
    this.#write(trailerOf(this.#write(pieceOf(packed(Buffer.from(JSON.stringify(directory)))))))
    this.#flush()
    fsyncSync(this.#fd)
    closeSync(this.#fd)
    const name = segmentName(this.#name)
    renameSync(this.#draft, join(this.#directory, name))
    syncDirectory(this.#directory)
    return { ...this.#name, name, bytes: this.#written, directory }
  }

  abandon(): void {
    closeSync(this.#fd)
    rmSync(this.#draft, { force: true })
  }

  #endGroup(): void {
    const group = this.#group
    this.#group = undefined
    if (group === undefined || group.blocks.length === 0) return
    const { id, blocks, stored } = group
    const index = { streams: [...group.streams.values()].map(({ entry }) => entry), blocks }
    this.#groups.push({
      id,
      stored,
      first: blocks.reduce((time, { first }) => Math.min(time, first), Number.POSITIVE_INFINITY),
      last: blocks.reduce((time, { last }) => Math.max(time, last), Number.NEGATIVE_INFINITY),
      counted: blocks.reduce((sum, { counted }) => sum + counted, 0),
      index: this.#write(pieceOf(packed(Buffer.from(JSON.stringify(index))))),
    })
  }

  #write(bytes: Buffer): Piece {
    const piece = { offset: this.#written, length: bytes.length }
    this.#pieces.push(bytes)
    this.#written += bytes.length
    this.#pending += bytes.length
    if (this.#pending >= WRITE_BYTES) this.#flush()
    return piece
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pieces)
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    this.#pieces = []
    this.#pending = 0
  }
}

const WRITE_BYTES = 2 ** 20

interface OpenGroup {
  readonly id: string
  readonly streams: Map<string, { readonly place: number; entry: StreamEntry }>
  readonly blocks: BlockEntry[]
  stored: number
}

/** Answers the stream's place in the group's list. */
function noteStream({ streams }: OpenGroup, { id, first, last, ingestedAt }: StreamEntry): number {
  const known = streams.get(id)
  if (known === undefined) {
    streams.set(id, { place: streams.size, entry: { id, first, last, ingestedAt } })
    return streams.size - 1
  }
  known.entry = {
    id,
    first: Math.min(known.entry.first, first),
    last: Math.max(known.entry.last, last),
    ingestedAt: Math.max(known.entry.ingestedAt, ingestedAt),
  }
  return known.place
}

/** The fastest setting takes logs to a tenth already; higher ones cost more than they save. */
function packed(content: Buffer): Buffer {
  return zstdCompressSync(content, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
}
