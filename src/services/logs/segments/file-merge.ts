import { join } from "node:path"
import { type Batch, readBatches } from "./batch.ts"
import {
  type BlockEntry,
  type GroupIndex,
  parseSegmentName,
  type SegmentInfo,
  type SegmentName,
} from "./file-layout.ts"
import { BLOCK_BYTES, blocksOf } from "./file-seal.ts"
import { DamagedSegment, SegmentFile } from "./file-segment.ts"
import { SegmentWriter } from "./file-segment-writer.ts"

export interface MergeOrder {
  /** Segments that follow each other; a single one is rewritten without what is forgotten. */
  readonly names: readonly string[]
  readonly horizons: ReadonlyMap<string, number>
  readonly streams: ReadonlySet<string>
}

/**
 * Makes one segment of several, without what is forgotten. Blocks are taken over as they are; small ones are put together.
 * Goes a block at a time. What is damaged is left behind, and told.
 */
export function* mergeSegments(
  directory: string,
  { names, horizons, streams: gone }: MergeOrder,
): Generator<void, { readonly segment: SegmentInfo | undefined; readonly damages: readonly string[] }> {
  using inputs = new Inputs(directory, names)
  const damages: string[] = []
  const directories = inputs.files.map((file) => file.directory())
  const sequence = Math.max(...directories.map((one) => one.sequence))
  const writer = new SegmentWriter(directory, inputs.name, sequence)

  try {
    const groups = directories.map((one) => new Map(one.groups.map((group) => [group.id, group])))
    for (const id of new Set(groups.flatMap((one) => [...one.keys()]))) {
      const horizon = horizons.get(id) ?? Number.NEGATIVE_INFINITY
      const keeps = ({ stream, last }: Batch) => last >= horizon && !gone.has(stream)
      writer.beginGroup(id)
      let small: Batch[] = []
      let smallBytes = 0
      for (const [place, file] of inputs.files.entries()) {
        const entry = groups[place]!.get(id)
        if (entry === undefined || entry.last < horizon) continue
        let index: GroupIndex
        try {
          index = file.index(entry)
        } catch (error) {
          damages.push(damageIn(error))
          continue
        }
        for (const block of index.blocks) {
          const streams = streamsOf(index, block)
          if (block.last < horizon || streams.every((stream) => gone.has(stream.id))) continue
          try {
            if (block.counted >= SMALL_BYTES && !streams.some((stream) => gone.has(stream.id))) {
              writer.copy(file.stored(block), block, streams)
            } else {
              const batches = readBatches(file.content(block)).filter(keeps)
              small.push(...batches)
              smallBytes += batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
            }
          } catch (error) {
            damages.push(damageIn(error))
          }
          if (smallBytes >= BLOCK_BYTES) {
            writer.block(small)
            small = []
            smallBytes = 0
          }
          yield
        }
      }
      for (const block of blocksOf(small)) writer.block(block)
    }
    if (!writer.hasBlocks) {
      writer.abandon()
      return { segment: undefined, damages }
    }
    return { segment: writer.finish(), damages }
  } catch (error) {
    writer.abandon()
    throw error
  }
}

/** As AWS counts; about as much as before compression. */
const SMALL_BYTES = 32 * 1024

function streamsOf({ streams }: GroupIndex, block: BlockEntry) {
  return block.streams.map((place) => streams[place]!)
}

/** Only damage is passed over; a disk that fails ends the merge, and everything stays as it was. */
function damageIn(error: unknown): string {
  if (error instanceof DamagedSegment) return error.message
  throw error
}

class Inputs implements Disposable {
  readonly files: SegmentFile[] = []
  readonly name: Omit<SegmentName, "name">

  constructor(directory: string, names: readonly string[]) {
    const parsed = names.map((name) => parseSegmentName(name)!)
    const generation = 1 + Math.max(...parsed.map((one) => one.generation))
    this.name = { from: parsed[0]!.from, to: parsed.at(-1)!.to, generation }
    try {
      for (const { name } of parsed) this.files.push(new SegmentFile(join(directory, name)))
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.files) file[Symbol.dispose]()
  }
}
