import type { Descriptor, Platform } from "../../../registry/manifest.ts"
import { Spoiled } from "../../../registry/registry.ts"
import type { PullProgress } from "../../image.ts"
import type { ContentStore } from "./content.ts"
import type { ContentWriter } from "./content-writer.ts"
import { type ImageTree, readTree, references } from "./image-tree.ts"
import { SharedWork } from "./shared-work.ts"
import type { LayerSnapshots } from "./snapshots.ts"

/** Where an image's pieces come from when they are not here: a registry, or nowhere. */
export interface Source {
  manifest(digest: string, signal: AbortSignal): Promise<Uint8Array>
  blob(descriptor: Descriptor, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}

export interface AssemblyOptions {
  readonly lease: string
  readonly signal: AbortSignal
  readonly progress?: (progress: PullProgress) => void
}

/** Brings images together: what is missing of content and unpacked layers, and nothing twice. */
export class Assembly {
  readonly #content: ContentStore
  readonly #writer: ContentWriter
  readonly #snapshots: LayerSnapshots
  readonly #platform: Platform
  readonly #fetching = new SharedWork<void>()
  readonly #listeners = new Set<(digest: string, bytesDone: number) => void>()

  constructor(content: ContentStore, writer: ContentWriter, snapshots: LayerSnapshots, platform: Platform) {
    this.#content = content
    this.#writer = writer
    this.#snapshots = snapshots
    this.#platform = platform
  }

  /** When it is done, all of the image is here under the lease, and refers to each other. */
  async assemble(digest: string, source: Source, options: AssemblyOptions): Promise<ImageTree> {
    const tree = await this.#tree(digest, source, options)
    await this.#layers(tree, source, options)
    for (const [holder, labels] of references(tree, this.#snapshots.snapshotter)) {
      await this.#content.label(holder, labels)
    }
    return tree
  }

  #tree(digest: string, source: Source, options: AssemblyOptions): Promise<ImageTree> {
    const { signal } = options
    return readTree(digest, this.#platform, {
      manifest: (digest) => this.#small(digest, () => source.manifest(digest, signal), options),
      config: (config) => this.#small(config.digest, () => whole(source.blob(config, 0, signal)), options),
    })
  }

  async #small(digest: string, fetch: () => Promise<Uint8Array>, options: AssemblyOptions): Promise<Uint8Array> {
    const known = await this.#content.read(digest)
    const bytes = known ?? (await sound(options.signal, fetch))
    // Also what is there already, so that the lease holds it.
    await this.#writer.write({ digest, size: bytes.length }, (from) => once(bytes.subarray(from)), options)
    return bytes
  }

  /** Unpacks one layer while those above it are still coming. */
  async #layers(tree: ImageTree, source: Source, options: AssemblyOptions): Promise<void> {
    const { chain, layers, diffIds } = tree
    const first = await this.#firstMissing(chain)
    if (first > 0) await this.#snapshots.keep(chain[first - 1]!, options.lease)

    const missing = layers.slice(first)
    const stop = new AbortController()
    const signal = AbortSignal.any([options.signal, stop.signal])
    const unwatch = this.#watch(missing, options.progress)
    const free = slots(DOWNLOADS_MAX)
    const downloads = missing.map((layer) => free(() => this.#fetch(layer, source, { ...options, signal })))
    try {
      for (const [place, layer] of missing.entries()) {
        await Promise.race([downloads[place], ...downloads.slice(place).map(rejection)])
        const [chainId, below, diffId] = [chain[first + place]!, chain[first + place - 1], diffIds[first + place]!]
        await this.#snapshots.unpack(chainId, below, layer, diffId, { lease: options.lease, signal })
      }
    } finally {
      stop.abort(new Error("the pull has ended"))
      await Promise.allSettled(downloads)
      unwatch()
    }
  }

  async #firstMissing(chain: readonly string[]): Promise<number> {
    let place = chain.length
    while (place > 0 && !(await this.#snapshots.has(chain[place - 1]!))) place -= 1
    return place
  }

  /** One download of a layer, whichever images are waiting for it. */
  #fetch(layer: Descriptor, source: Source, { lease, signal }: AssemblyOptions): Promise<void> {
    return this.#fetching.join(layer.digest, signal, (signal) =>
      sound(signal, async () => {
        const counted = (from: number) => this.#counted(layer, source.blob(layer, from, signal), from)
        await this.#writer.write(layer, counted, { lease, signal })
        this.#tell(layer.digest, layer.size)
      }),
    )
  }

  async *#counted(layer: Descriptor, blob: AsyncIterable<Uint8Array>, from: number): AsyncIterable<Uint8Array> {
    let done = from
    for await (const chunk of blob) {
      yield chunk
      done += chunk.length
      this.#tell(layer.digest, done)
    }
  }

  #tell(digest: string, bytesDone: number): void {
    for (const listener of this.#listeners) listener(digest, bytesDone)
  }

  #watch(layers: readonly Descriptor[], progress: AssemblyOptions["progress"]): () => void {
    if (progress === undefined) return () => {}
    const done = new Map(layers.map(({ digest }) => [digest, 0]))
    const bytesTotal = layers.reduce((sum, { size }) => sum + size, 0)
    let bytesDone = 0
    const listener = (digest: string, now: number) => {
      const before = done.get(digest)
      if (before === undefined || before === now) return
      done.set(digest, now)
      bytesDone += now - before
      progress({ bytesDone, bytesTotal })
    }
    progress({ bytesDone, bytesTotal })
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** Takes once more what was spoiled on its way. */
async function sound<Result>(signal: AbortSignal, turn: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await turn()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Spoiled) || tries >= TRIES_MAX) throw error
    }
  }
}

async function whole(blob: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blob) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** Settles only when the other one fails. */
function rejection(promise: Promise<void>): Promise<never> {
  return promise.then(() => new Promise<never>(() => {}))
}

/** Lets so many run at a time, in the order they were asked for. */
function slots(count: number): (work: () => Promise<void>) => Promise<void> {
  const running = new Set<Promise<void>>()
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const started = turn.then(async () => {
      while (running.size >= count) await Promise.race(running).catch(() => {})
      const result = work()
      const ended = result.catch(() => {}).then(() => void running.delete(ended))
      running.add(ended)
      return { result }
    })
    turn = started
    return started.then(({ result }) => result)
  }
}

const DOWNLOADS_MAX = 4
const TRIES_MAX = 3
