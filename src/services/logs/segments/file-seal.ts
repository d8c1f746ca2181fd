import type { Batch } from "./batch.ts"
import type { SegmentInfo } from "./file-layout.ts"
import { recoverLog } from "./file-log.ts"
import { SegmentWriter } from "./file-segment-writer.ts"

/**
 * Sorts a log into a segment: by group, and within it streams with much to say get blocks of their own, while the others
 * share blocks. So one busy stream is read without its neighbours, and ten thousand quiet ones cost no block each.
 * Goes a block at a time; answers the segment, if there is anything in it, and how much of the log was no whole batch.
 */
export function* sealLog(
  directory: string,
  log: { readonly number: number; readonly path: string },
): Generator<void, { readonly segment: SegmentInfo | undefined; readonly lostBytes: number }> {
  const { batches, lostBytes } = recoverLog(log.path)
  if (batches.length === 0) return { segment: undefined, lostBytes }
  const writer = new SegmentWriter(directory, { from: log.number, to: log.number, generation: 0 })
  try {
    for (const [id, own] of Map.groupBy(batches, ({ group }) => group)) {
      writer.beginGroup(id)
      for (const run of runsOf(own)) {
        for (const block of blocksOf(run)) {
          writer.block(block)
          yield
        }
      }
    }
    return { segment: writer.finish(), lostBytes }
  } catch (error) {
    writer.abandon()
    throw error
  }
}

/** A group's batches, those of each busy stream apart. */
function runsOf(batches: readonly Batch[]): (readonly Batch[])[] {
  const runs: Batch[][] = []
  const shared: Batch[] = []
  for (const run of Map.groupBy(batches, ({ stream }) => stream).values()) {
    if (bytesOf(run) >= OWN_BLOCK_BYTES) runs.push(run)
    else for (const batch of run) shared.push(batch)
  }
  shared.sort((a, b) => a.sequence - b.sequence)
  return shared.length === 0 ? runs : [...runs, shared]
}

export function* blocksOf(batches: readonly Batch[]): Generator<readonly Batch[]> {
  let block: Batch[] = []
  let bytes = 0
  for (const batch of batches) {
    block.push(batch)
    bytes += batch.bytes.length
    if (bytes < BLOCK_BYTES) continue
    yield block
    block = []
    bytes = 0
  }
  if (block.length > 0) yield block
}

function bytesOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

/** Before compression. Larger ones compress a little better, and have to be read whole. */
export const BLOCK_BYTES = 128 * 1024
const OWN_BLOCK_BYTES = 32 * 1024
