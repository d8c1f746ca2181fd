import { type FSWatcher, watch } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import type { World } from "../../../../world/world.ts"
import type { LogChunk, LogPosition } from "../../log-source.ts"
import type { LogFiles } from "./log-files.ts"
import { BEGINNING, type Offsets, readPosition, STREAMS, writePosition } from "./position.ts"

export interface Followed {
  readonly files: LogFiles

  /** Whether nothing will be written any more, unless the container is started again. */
  ended(): boolean

  /** Called when that may have changed. */
  watch(changed: () => void): () => void
}

/** Reads both files on and on as they grow. */
export async function* follow(
  world: Pick<World, "now" | "after">,
  { files, ended, watch: watchEnd }: Followed,
  from: LogPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  let at = from === undefined ? BEGINNING : readPosition(from)
  const changes = new Changes(world, files.folder)
  const unwatch = watchEnd(changes.happened)
  signal.addEventListener("abort", changes.happened)
  const handles: Partial<Record<keyof Offsets, FileHandle>> = {}
  try {
    while (!signal.aborted) {
      changes.forget()
      // Asked before reading: what is written before the end is then surely read.
      const last = ended()
      let silent = true
      for (const stream of STREAMS) {
        const handle = handles[stream] ?? (await openIfThere(files.path(stream)))
        if (handle === undefined) continue
        handles[stream] = handle

        const begin = Math.max(at[stream], files.released[stream])
        const place = Math.max(begin, files.dropped[stream])
        // There is a follower for every container, and most have nothing to say: room is taken for what there is.
        const { size, mtimeMs } = await handle.stat()
        const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(size - place, CHUNK_SIZE)))
        const { bytesRead } = buffer.length === 0 ? NOTHING : await handle.read(buffer, 0, buffer.length, place)
        const overtaken = files.dropped[stream] > place
        if (overtaken) silent = false
        if (overtaken || bytesRead === 0 || signal.aborted) continue

        silent = false
        at = { ...at, [stream]: place + bytesRead }
        yield {
          stream,
          bytes: buffer.subarray(0, bytesRead),
          at: Math.min(world.now(), Math.floor(mtimeMs)),
          next: writePosition(at),
          lostBytes: place - begin,
        }
      }
      if (silent && last) return
      if (silent) await changes.next()
    }
  } finally {
    signal.removeEventListener("abort", changes.happened)
    unwatch()
    changes.close()
    await Promise.all(Object.values(handles).map((handle) => handle?.close()))
  }
}

/** Tells when something in a folder has changed since it was last looked at. */
class Changes {
  readonly #world: Pick<World, "after">
  readonly #watcher: FSWatcher | undefined
  #changed = false
  #wake: () => void = () => {}

  constructor(world: Pick<World, "after">, folder: string) {
    this.#world = world
    try {
      this.#watcher = watch(folder, { persistent: false }, (_, name) => {
        // Beside them lies what we write ourselves.
        if (name === null || STREAMS.some((stream) => stream === name)) this.happened()
      })
      this.#watcher.on("error", this.happened)
    } catch {
      // Gone already, or no watches are left on this machine: then it is looked at now and then.
    }
  }

  readonly happened = (): void => {
    this.#changed = true
    this.#wake()
  }

  forget(): void {
    this.#changed = false
  }

  async next(): Promise<void> {
    if (this.#changed) return
    const cancel = this.#watcher === undefined ? this.#world.after(LOOK_MS, this.happened) : undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    cancel?.()
  }

  close(): void {
    this.#watcher?.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

const NOTHING = { bytesRead: 0 }
const CHUNK_SIZE = 128 * 1024
const LOOK_MS = 250
