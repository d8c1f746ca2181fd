import { sha256 } from "../../../registry/registry.ts"
import { EngineError } from "../../engine-error.ts"
import type { ContainerdClient } from "../client.ts"
import { isThere, unlessGone, unlessThere } from "../grpc-error.ts"
import type { Descriptor } from "../services.ts"
import { SharedWork } from "./shared-work.ts"

/** The names under which containerd keeps unpacked layers: each stands for itself and all below it. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(below === undefined ? diffId : sha256(Buffer.from(`${below} ${diffId}`)))
  }
  return chain
}

export interface UnpackOptions {
  readonly lease: string
  readonly signal: AbortSignal
}

/** Layers as file systems, one above the other. */
export class LayerSnapshots {
  readonly snapshotter: string
  readonly #client: ContainerdClient
  readonly #unpacking = new SharedWork<void>()

  /** What is committed does not change. */
  readonly #sizes = new Map<string, number>()

  constructor(client: ContainerdClient, snapshotter: string) {
    this.#client = client
    this.snapshotter = snapshotter
  }

  async has(chainId: string): Promise<boolean> {
    return (await unlessGone(this.#client.snapshots.stat(this.#name(chainId)))) !== undefined
  }

  /** It stays while the lease is there, whoever made it. */
  async keep(chainId: string, lease: string): Promise<void> {
    const resource = { id: chainId, type: `snapshots/${this.snapshotter}` }
    await this.#client.leases.addResource({ id: lease, resource })
  }

  /** In bytes on the disk. */
  async size(chainId: string): Promise<number> {
    let size = this.#sizes.get(chainId)
    if (size === undefined) {
      size = (await this.#client.snapshots.usage(this.#name(chainId))).size
      this.#sizes.set(chainId, size)
      if (this.#sizes.size > SIZES_MAX) this.#sizes.delete(this.#sizes.keys().next().value!)
    }
    return size
  }

  /** Makes one layer out of its content on top of `parent`, once, whoever asks; verified by the digest of its tar. */
  async unpack(
    chainId: string,
    parent: string | undefined,
    layer: Descriptor,
    diffId: string,
    options: UnpackOptions,
  ): Promise<void> {
    const unpack = (signal: AbortSignal) => this.#unpack(chainId, parent, layer, diffId, { ...options, signal })
    await this.#unpacking.join(chainId, options.signal, unpack)
  }

  async #unpack(
    chainId: string,
    parent: string | undefined,
    layer: Descriptor,
    diffId: string,
    { lease, signal }: UnpackOptions,
  ): Promise<void> {
    if (await this.has(chainId)) return this.keep(chainId, lease)
    const call = { lease, signal, timeoutMs: Number.POSITIVE_INFINITY }
    const working = this.#name(`homeport-unpack-${chainId}`)
    const prepare = () => this.#client.snapshots.prepare({ ...working, parent: parent ?? "" }, call)
    try {
      // A process that was killed here has left its own behind.
      let prepared = await unlessThere(prepare())
      if (prepared === undefined) {
        await this.#remove(working.key)
        prepared = await prepare()
      }
      const { mounts } = prepared
      const { applied } = await this.#client.diff.apply({ diff: layer, mounts }, call)
      if (applied.digest !== diffId) {
        throw new EngineError("invalid", `wrong diff id calculated on extraction: ${applied.digest} is not ${diffId}`)
      }
      await this.#client.snapshots.commit({ ...working, name: chainId }, call)
    } catch (error) {
      await this.#remove(working.key).catch(() => {})
      if (isThere(error)) return this.keep(chainId, lease)
      signal.throwIfAborted()
      if (!(error instanceof EngineError)) throw error
      throw new EngineError(error.kind, `failed to extract layer ${diffId}: ${error.message}`, { cause: error })
    }
  }

  async #remove(key: string): Promise<void> {
    await unlessGone(this.#client.snapshots.remove(this.#name(key)))
  }

  #name(key: string) {
    return { snapshotter: this.snapshotter, key }
  }
}

const SIZES_MAX = 10_000
