import { posix } from "node:path"
import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { extract, type Header } from "tar-stream"
import { EngineError } from "../../engine-error.ts"

export interface ArchiveEntry {
  /** As in `blobs/sha256/…`, with nothing in it that leads elsewhere. */
  readonly path: string

  /** Another path of the archive, where this one is only another name for it. */
  readonly linkTo?: string
  readonly size: number

  /** To be read before the next entry is asked for; what is not read is skipped. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The files of a tar, packed or not, as they come. Throws `EngineError` "invalid" for one that is no tar or not whole. */
export async function* entriesOf(tar: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  const extraction = extract()
  const fed = feed(unpacked(tar), extraction)
  let count = 0
  try {
    for await (const source of extraction) {
      if (++count > ENTRIES_MAX) throw new EngineError("invalid", `the archive has more than ${ENTRIES_MAX} entries`)
      const { name, type, size, linkname } = source.header as Header
      const bytes = whole(source as AsyncIterable<Uint8Array>)
      const path = pathIn(name, "")
      const folder = type === "symlink" ? posix.dirname(path) : ""
      if (type === "symlink" || type === "link") yield { path, linkTo: pathIn(linkname, folder), size, bytes }
      else if (type === "file" || type === "contiguous-file") yield { path, size, bytes }
      else if (type !== "directory") throw new EngineError("invalid", `the archive has a ${type} at ${path}`)
      // What nobody wanted of it.
      source.resume()
    }
    await fed
  } catch (error) {
    throw broken(error)
  } finally {
    extraction.destroy()
  }
}

async function* whole(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes
  } catch (error) {
    throw broken(error)
  }
}

function broken(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  return new EngineError("invalid", `not a whole tar archive: ${(error as Error).message}`, { cause: error })
}

/** Refuses what leads out of the archive. Nothing is written under these names, so this only finds out hostile ones early. */
function pathIn(name: string, folder: string): string {
  const path = posix.normalize(posix.join(folder, name))
  if (posix.isAbsolute(name) || path === ".." || path.startsWith("../") || name.includes("\0")) {
    throw new EngineError("invalid", `the archive has an entry that leads out of it: ${JSON.stringify(name)}`)
  }
  return path
}

async function feed(tar: AsyncIterable<Uint8Array>, extraction: ReturnType<typeof extract>): Promise<void> {
  const closed = new Promise<void>((resolve) => extraction.on("close", () => resolve()))
  try {
    for await (const chunk of tar) {
      if (extraction.destroyed) return
      if (extraction.write(chunk)) continue
      const drained = new Promise<void>((resolve) => extraction.once("drain", resolve))
      await Promise.race([drained, closed])
    }
    extraction.end(undefined)
  } catch (error) {
    extraction.destroy(error as Error)
  }
}

/** As it is, or out of gzip. */
async function* unpacked(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = tar[Symbol.asyncIterator]()
  const first = await source.next()
  if (first.done) return
  const all = (async function* () {
    try {
      yield first.value
      yield* { [Symbol.asyncIterator]: () => source }
    } finally {
      await source.return?.()
    }
  })()
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* all
  const gunzip = createGunzip()
  // What goes wrong in either is met by who reads.
  pipeline(Readable.from(all), gunzip, () => {})
  yield* gunzip
}

const ENTRIES_MAX = 100_000
