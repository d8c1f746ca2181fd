import { EngineError } from "../engine-error.ts"
import type { ImageConfig } from "../image.ts"
import type { ContainerdClient } from "./client.ts"
import { isGone } from "./grpc-error.ts"
import { readConfiguration } from "./images/configuration.ts"
import { chainIds } from "./images/snapshots.ts"

/** What a container takes from its image. */
export interface ImageFacts {
  readonly config: ImageConfig

  /** Of the snapshot that holds all of its layers; empty for an image without any. */
  readonly chainId: string
}

/** Reads them from containerd's content once: an image's id is the digest of what it says, so it never changes. */
export class ImageReader {
  readonly #client: ContainerdClient
  readonly #facts = new Map<string, ImageFacts>()

  constructor(client: ContainerdClient) {
    this.#client = client
  }

  async read(imageId: string): Promise<ImageFacts> {
    const known = this.#facts.get(imageId)
    if (known !== undefined) return known
    const { config, diffIds } = readConfiguration(await this.#content(imageId))
    const facts = { config, chainId: chainIds(diffIds).at(-1) ?? "" }
    if (this.#facts.size >= FACTS_MAX) this.#facts.clear()
    this.#facts.set(imageId, facts)
    return facts
  }

  async #content(digest: string): Promise<Uint8Array> {
    const pieces: Buffer[] = []
    try {
      for await (const { data } of this.#client.content.read({ digest })) pieces.push(data)
    } catch (error) {
      if (isGone(error)) throw new EngineError("image not found", `No such image: ${digest}`, { cause: error })
      throw error
    }
    return Buffer.concat(pieces)
  }
}

const FACTS_MAX = 1_000
