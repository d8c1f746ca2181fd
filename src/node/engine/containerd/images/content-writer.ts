import { status } from "@grpc/grpc-js"
import type { World } from "../../../../world/world.ts"
import type { Descriptor } from "../../../registry/manifest.ts"
import { Spoiled } from "../../../registry/registry.ts"
import type { ContainerdClient } from "../client.ts"
import { ContainerdError, isThere, unlessGone } from "../grpc-error.ts"
import type { ContentStore } from "./content.ts"
import { WriteCall } from "./write-call.ts"

export interface WriteOptions {
  readonly lease: string
  readonly signal: AbortSignal
}

/** Brings content into containerd's store. */
export class ContentWriter {
  readonly #world: World
  readonly #client: ContainerdClient
  readonly #store: ContentStore
  #added = 0

  constructor(world: World, client: ContainerdClient, store: ContentStore) {
    this.#world = world
    this.#client = client
    this.#store = store
  }

  /**
   * Writes what `source` gives from a place on, which is where an earlier attempt was broken off. containerd verifies
   * the digest, and nothing that does not have it comes in. What is there already is left alone.
   */
  async write(
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    source: (from: number) => AsyncIterable<Uint8Array>,
    { lease, signal }: WriteOptions,
  ): Promise<void> {
    if (await this.#store.has(digest)) return this.#keep(digest, lease)
    const ref = `homeport-${digest}`
    const writer = new WriteCall(this.#world, this.#client.content.write({ lease }), signal)
    try {
      let { offset } = await writer.ask({ action: "STAT", ref, total: size, expected: digest })
      for await (const data of gathered(source(offset))) {
        await writer.send({ action: "WRITE", ref, offset, data })
        offset += data.length
      }
      await writer.ask({ action: "COMMIT", ref, offset: size, total: size, expected: digest })
    } catch (error) {
      if (isThere(error)) return this.#keep(digest, lease)
      signal.throwIfAborted()
      const spoiled = error instanceof ContainerdError && error.code === status.FAILED_PRECONDITION
      if (!spoiled && !(error instanceof Spoiled)) throw error
      await writer.close()
      await unlessGone(this.#client.content.abort({ ref }))
      throw spoiled ? new Spoiled(digest) : error
    } finally {
      await writer.close()
    }
  }

  /** Writes what has no name before it was read to its end; answers with its digest. */
  async add(
    size: number,
    source: AsyncIterable<Uint8Array>,
    digestOf: () => string,
    { lease, signal }: WriteOptions,
  ): Promise<string> {
    const ref = `homeport-import-${this.#added++}`
    // A number that an earlier process has used as well.
    await unlessGone(this.#client.content.abort({ ref }))
    const writer = new WriteCall(this.#world, this.#client.content.write({ lease }), signal)
    try {
      let { offset } = await writer.ask({ action: "STAT", ref, total: size })
      for await (const data of gathered(source)) {
        await writer.send({ action: "WRITE", ref, offset, data })
        offset += data.length
      }
      const digest = digestOf()
      try {
        await writer.ask({ action: "COMMIT", ref, offset, total: size, expected: digest })
      } catch (error) {
        if (!isThere(error)) throw error
        await this.#keep(digest, lease)
      }
      return digest
    } catch (error) {
      await writer.close()
      await unlessGone(this.#client.content.abort({ ref })).catch(() => {})
      throw error
    } finally {
      await writer.close()
    }
  }

  /** Somebody else may take away the last that referred to it at any moment. */
  async #keep(digest: string, lease: string): Promise<void> {
    await this.#client.leases.addResource({ id: lease, resource: { id: digest, type: "content" } })
  }
}

/** Larger pieces, since each costs a message and its answer. */
async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    pieces.push(piece)
    size += piece.length
    if (size < MESSAGE_SIZE) continue
    yield Buffer.concat(pieces, size)
    pieces = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(pieces, size)
}

const MESSAGE_SIZE = 512 * 1024
