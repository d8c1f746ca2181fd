import { sleep, type World } from "../../../../world/world.ts"
import type { Platform } from "../../../registry/manifest.ts"
import { familiarReference, formatReference, parseReference, type Reference } from "../../../registry/reference.ts"
import type { Registry } from "../../../registry/registry.ts"
import { EngineError } from "../../engine-error.ts"
import type { Image, Images, PullOptions, PullProgress } from "../../image.ts"
import type { ContainerdClient } from "../client.ts"
import { importArchive } from "./archive.ts"
import { Assembly, type Source } from "./assembly.ts"
import { ContentStore } from "./content.ts"
import { ContentWriter } from "./content-writer.ts"
import { ImageRecords } from "./image-records.ts"
import type { ImageTree } from "./image-tree.ts"
import { PullLease } from "./pull-lease.ts"
import { SharedWork } from "./shared-work.ts"
import { LayerSnapshots } from "./snapshots.ts"

export interface ContainerdImages extends Images {
  /** Lets go at once of what pulls have left behind for another try. */
  collect(): Promise<void>
  close(): void
}

export interface ContainerdImagesOptions {
  readonly world: World
  readonly client: ContainerdClient
  readonly registry: Registry
  readonly platform: Platform

  /** As in `overlayfs`. */
  readonly snapshotter: string
}

export function containerdImages(options: ContainerdImagesOptions): ContainerdImages {
  const { world, client, registry, platform, snapshotter } = options
  const content = new ContentStore(client)
  const writer = new ContentWriter(world, client, content)
  const snapshots = new LayerSnapshots(client, snapshotter)
  const assembly = new Assembly(content, writer, snapshots, platform)
  const lease = new PullLease(world, client)
  const pulling = new SharedWork<Image>()
  const records = new ImageRecords(client, content, snapshots, platform)
  const asking = new Map<string, Promise<Image | undefined>>()
  const watching = new Map<string, Set<(progress: PullProgress) => void>>()

  /** Goes on when containerd was away for a moment, and begins again when somebody took something away under it. */
  async function settle(
    assemble: () => Promise<ImageTree>,
    names: (tree: ImageTree) => readonly string[],
    signal: AbortSignal,
  ): Promise<Image> {
    for (let tries = 1; ; tries++) {
      try {
        const tree = await assemble()
        return await records.name(tree, names(tree))
      } catch (error) {
        signal.throwIfAborted()
        const passes = error instanceof EngineError && (error.kind === "unavailable" || error.kind === "gone")
        if (!passes || tries >= TRIES_MAX) throw error
        await sleep(world, Math.min(WAIT_MS_MIN * 2 ** tries, WAIT_MS_MAX), signal)
      }
    }
  }

  async function pull(reference: Reference, { login, digest }: PullOptions, signal: AbortSignal, key: string) {
    const access = { login, signal }
    const target = digest ?? reference.digest ?? (await registry.resolve(reference, access)).digest
    const { host, repository } = reference
    const names = [...new Set([reference, { host, repository, digest: target }].map(formatReference))]
    const progress = (progress: PullProgress) => {
      for (const watcher of watching.get(key) ?? []) watcher(progress)
    }
    const source: Source = {
      manifest: async (digest, signal) => (await registry.manifest(reference, digest, { login, signal })).bytes,
      blob: (descriptor, from, signal) => registry.blob(reference, descriptor, from, { login, signal }),
    }
    const assemble = (lease: string) => assembly.assemble(target, source, { lease, signal, progress })
    try {
      return await lease.under((lease) =>
        settle(
          () => assemble(lease),
          () => names,
          signal,
        ),
      )
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== "machine") throw error
      throw new EngineError("machine", `ref pull has been retried 1 time(s): ${error.message}`, { cause: error })
    }
  }

  /** Tasks of one image ask at the same time. One that is missing is asked for again: it may just have come. */
  async function get(reference: string): Promise<Image | undefined> {
    const found = await asking.get(reference)?.catch(() => undefined)
    if (found !== undefined) return found
    const question = records.find(reference)
    asking.set(reference, question)
    try {
      return await question
    } finally {
      if (asking.get(reference) === question) asking.delete(reference)
    }
  }

  return {
    async resolve(text, login, signal, triesMax) {
      return (await registry.resolve(parseReference(text), { login, signal }, triesMax)).digest
    },

    async pull(text, options) {
      const reference = parseReference(text)
      const key = JSON.stringify([formatReference(reference), options.digest, options.login])
      const watchers = watching.get(key) ?? new Set()
      watching.set(key, watchers)
      // Each has a place of its own, also when one function watches twice.
      const watcher = (progress: PullProgress) => options.progress?.(progress)
      watchers.add(watcher)
      try {
        return await pulling.join(key, options.signal, (signal) => pull(reference, options, signal, key))
      } finally {
        watchers.delete(watcher)
        if (watchers.size === 0) watching.delete(key)
      }
    },

    get,
    list: () => records.list(),
    remove: (id) => records.remove(id),

    importTar: (tar) =>
      lease.under(async (lease) => {
        const signal = new AbortController().signal
        const found = await importArchive(tar, writer, { lease, signal })
        const references: string[] = []
        for (const { digest, names } of found) {
          const assemble = () => assembly.assemble(digest, onlyTheArchive, { lease, signal })
          const image = await settle(assemble, (tree) => (names.length > 0 ? names : [tree.id]), signal)
          references.push(
            ...(names.length > 0 ? names.map((name) => familiarReference(parseReference(name))) : [image.id]),
          )
        }
        return references
      }),

    collect: () => lease.collect(),
    close: () => lease.close(),
  }
}

/** Everything of an archive is read before it is put together. */
const onlyTheArchive: Source = {
  manifest: async (digest) => missing(digest),
  blob: ({ digest }) => missing(digest),
}

function missing(digest: string): never {
  throw new EngineError("invalid", `the archive lacks ${digest}`)
}

/** Together a quarter of a minute: containerd was restarted, or is gone. */
const TRIES_MAX = 9
const WAIT_MS_MIN = 100
const WAIT_MS_MAX = 3000
