import type { S3Bucket } from "./s3-bucket.ts"
import type { S3Chunk } from "./s3-upload.ts"

/**
 * Makes one object of chunks. The store copies what is large enough to be a part, and shows nothing under the name before
 * all of it is there. `begun` is told the parts' id, to know it from those that a process has left behind.
 */
export async function placeChunks(
  bucket: S3Bucket,
  chunks: readonly S3Chunk[],
  to: string,
  begun: (id: string) => Disposable,
): Promise<void> {
  const parts = partsOf(chunks)
  const [first = []] = parts
  if (parts.length <= 1) {
    return first.length === 1 ? bucket.copy(first[0]!.name, to) : bucket.put(to, await contentOf(bucket, first))
  }
  const id = await bucket.begin(to)
  using _ = begun(id)
  try {
    await bucket.complete(to, id, await copied(bucket, parts, to, id))
  } catch (error) {
    // When this fails too, it is found among the unfinished later.
    await bucket.giveUp(to, id).catch(() => {})
    throw error
  }
}

/** The parts' tags in order, with a few parts under way at a time. */
async function copied(bucket: S3Bucket, parts: readonly (readonly S3Chunk[])[], to: string, id: string) {
  const tags: string[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < parts.length; at = next++) {
      const part = parts[at]!
      const copiedTag = part.length === 1 ? await bucket.copyPart(to, id, at + 1, part[0]!.name) : undefined
      tags[at] = copiedTag ?? (await bucket.putPart(to, id, at + 1, await contentOf(bucket, part)))
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: UNDER_MAX }, work))
  for (const end of ended) if (end.status === "rejected") throw end.reason
  return tags
}

/** Each part but the last has to have a size; chunks that have less are put together. */
export function partsOf(chunks: readonly S3Chunk[]): readonly (readonly S3Chunk[])[] {
  const parts: S3Chunk[][] = []
  let filled = PART_BYTES_MIN
  for (const chunk of chunks) {
    if (filled >= PART_BYTES_MIN) {
      parts.push([])
      filled = 0
    }
    parts.at(-1)!.push(chunk)
    filled += chunk.bytes
  }
  return parts
}

async function contentOf(bucket: S3Bucket, chunks: readonly S3Chunk[]): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const { name } of chunks) for await (const piece of bucket.read(name)) pieces.push(piece)
  return pieces
}

/** S3 wants 5 MiB of a part, and takes 10,000 of them: with a little more each, the largest blob fits in. */
const PART_BYTES_MIN = 6 * 2 ** 20
const UNDER_MAX = 4
