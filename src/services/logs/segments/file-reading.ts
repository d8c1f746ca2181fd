import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { zstdDecompress } from "node:zlib"
import { type Batch, readBatches } from "./batch.ts"
import { contentOf, type GroupEntry, type GroupIndex, type Piece, type SegmentInfo } from "./file-layout.ts"

/** A segment as the region's thread reads it. Whoever reads holds it, and it is given up when the last one lets go. */
export class Segment {
  readonly info: SegmentInfo
  readonly groups: ReadonlyMap<string, GroupEntry>
  readonly #path: string
  readonly #cache: Cache
  #handle: Promise<FileHandle> | undefined
  #readers = 0
  #afterwards: (() => void) | undefined

  constructor(directory: string, info: SegmentInfo, cache: Cache) {
    this.info = info
    this.groups = new Map(info.directory.groups.map((group) => [group.id, group]))
    this.#path = join(directory, info.name)
    this.#cache = cache
  }

  hold(): void {
    this.#readers += 1
  }

  letGo(): void {
    this.#readers -= 1
    if (this.#readers === 0) this.#giveUp()
  }

  /** Closes the file once nobody reads it, and then does `afterwards`. */
  replace(afterwards: () => void): void {
    this.#afterwards = afterwards
    if (this.#readers === 0) this.#giveUp()
  }

  async index({ index }: GroupEntry): Promise<GroupIndex> {
    return (await this.#cached(index, (content) => JSON.parse(content.toString()) as GroupIndex)) ?? NOTHING
  }

  async block(piece: Piece): Promise<readonly Batch[]> {
    return (await this.#cached(piece, readBatches)) ?? []
  }

  async #cached<T extends object>(piece: Piece, parse: (content: Buffer) => T): Promise<T | undefined> {
    const key = `${this.info.name} ${piece.offset}`
    const known = this.#cache.get(key)
    if (known !== undefined) return known as T
    const stored = await this.#read(piece)
    const content = contentOf(stored)
    if (content === undefined) {
      this.#cache.tellDamage(`${this.#path} is damaged at ${piece.offset}; what stood there is passed over`)
      return undefined
    }
    const unpacked = await decompress(content)
    const parsed = parse(unpacked)
    this.#cache.put(key, parsed, unpacked.length)
    return parsed
  }

  async #read({ offset, length }: Piece): Promise<Buffer> {
    this.#handle ??= open(this.#path, "r")
    const handle = await this.#handle
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await handle.read(bytes, 0, length, offset)
    return bytes.subarray(0, bytesRead)
  }

  #giveUp(): void {
    const afterwards = this.#afterwards
    if (afterwards === undefined) return
    this.#afterwards = undefined
    void this.#handle?.then((handle) => handle.close()).catch(() => {})
    this.#handle = undefined
    afterwards()
  }
}

const decompress = promisify(zstdDecompress) as (content: Buffer) => Promise<Buffer>
const NOTHING: GroupIndex = { streams: [], blocks: [] }

/** What was read lately: whoever follows a log asks for its end again and again. */
export class Cache {
  readonly tellDamage: (sentence: string) => void
  readonly #bytesMax: number
  readonly #entries = new Map<string, { readonly value: object; readonly bytes: number }>()
  #bytes = 0

  constructor(bytesMax: number, tellDamage: (sentence: string) => void) {
    this.#bytesMax = bytesMax
    this.tellDamage = tellDamage
  }

  get(key: string): object | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  put(key: string, value: object, bytes: number): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }
}
