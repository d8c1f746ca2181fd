import {
  choosePlatform,
  type Descriptor,
  isIndex,
  manifestTypeIn,
  type Platform,
  readManifest,
} from "../../../registry/manifest.ts"
import { EngineError } from "../../engine-error.ts"
import type { Labels } from "../services.ts"
import { type Configuration, readConfiguration } from "./configuration.ts"
import { chainIds } from "./snapshots.ts"

/** An image from what its name stands for down to its layers, on one platform. */
export interface ImageTree extends Configuration {
  /** The digest of its configuration. */
  readonly id: string

  /** First what the name stands for; the last one is the manifest. */
  readonly manifests: readonly Descriptor[]

  readonly layers: readonly Descriptor[]

  /** The names of its unpacked layers, the lowest first. */
  readonly chain: readonly string[]
}

/** Bytes of what has this digest, verified. */
export interface TreeReader {
  manifest(digest: string): Promise<Uint8Array>
  config(descriptor: Descriptor): Promise<Uint8Array>
}

/** Throws `EngineError` "invalid" when it is no image that could run here. */
export async function readTree(digest: string, platform: Platform, reader: TreeReader): Promise<ImageTree> {
  const manifests: Descriptor[] = []
  let next = digest
  for (;;) {
    const bytes = await reader.manifest(next)
    const descriptor = { mediaType: manifestTypeIn(bytes), digest: next, size: bytes.length }
    manifests.push(descriptor)
    if (isIndex(descriptor.mediaType)) {
      if (manifests.length >= INDEXES_MAX)
        throw new EngineError("invalid", "invalid image index: it is nested too deep")
      next = choosePlatform(bytes, platform).digest
      continue
    }
    const { config, layers } = readManifest(bytes)
    const configuration = readConfiguration(await reader.config(config))
    if (layers.length !== configuration.diffIds.length) {
      throw new EngineError("invalid", "mismatched image rootfs and manifest layers")
    }
    return { ...configuration, id: config.digest, manifests, layers, chain: chainIds(configuration.diffIds) }
  }
}

/** What each piece refers to, as the collection reads it. The packed layers are not named: once unpacked they may go. */
export function references({ manifests, id, chain }: ImageTree, snapshotter: string): [string, Labels][] {
  const below = manifests.slice(1).map(({ digest }) => digest)
  const top = chain.at(-1)
  return [
    ...below.map((digest, place): [string, Labels] => [
      manifests[place]!.digest,
      { "containerd.io/gc.ref.content.m.0": digest },
    ]),
    [manifests.at(-1)!.digest, { "containerd.io/gc.ref.content.config": id }],
    [id, top === undefined ? {} : { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: top }],
  ]
}

const INDEXES_MAX = 4
