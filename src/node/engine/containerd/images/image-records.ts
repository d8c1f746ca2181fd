import type { Platform } from "../../../registry/manifest.ts"
import { familiarReference, formatReference, parseReference } from "../../../registry/reference.ts"
import { EngineError } from "../../engine-error.ts"
import type { Image } from "../../image.ts"
import type { ContainerdClient } from "../client.ts"
import { isThere, unlessGone } from "../grpc-error.ts"
import type { ContentStore } from "./content.ts"
import { type ImageTree, readTree } from "./image-tree.ts"
import type { LayerSnapshots } from "./snapshots.ts"

interface Named {
  readonly tree: ImageTree
  readonly names: string[]
}

/** containerd's records of images: names, of which any number stands for one image. */
export class ImageRecords {
  readonly #client: ContainerdClient
  readonly #content: ContentStore
  readonly #snapshots: LayerSnapshots
  readonly #platform: Platform

  // A digest says for good what is in the tree below it.
  readonly #trees = new Map<string, ImageTree>()

  constructor(client: ContainerdClient, content: ContentStore, snapshots: LayerSnapshots, platform: Platform) {
    this.#client = client
    this.#content = content
    this.#snapshots = snapshots
    this.#platform = platform
  }

  /** By a reference or by its id. Undefined also for one that has lost its file system, which a pull brings back. */
  async find(reference: string): Promise<Image | undefined> {
    // One question for all names, since those of the same image are told as well.
    const all = await this.#byId()
    const there = IMAGE_ID.test(reference) ? all.get(reference) : named(all, formatReference(parseReference(reference)))
    const top = there?.tree.chain.at(-1)
    if (there === undefined || (top !== undefined && !(await this.#snapshots.has(top)))) return undefined
    return this.#describe(there)
  }

  async list(): Promise<Image[]> {
    const all = [...(await this.#byId()).values()]
    const images = await Promise.all(all.map((named) => this.#describe(named)))
    return images.filter((image) => image !== undefined)
  }

  /** Lets names stand for an image from now on. All of the image must be held by a lease. */
  async name(tree: ImageTree, names: readonly string[]): Promise<Image> {
    const target = tree.manifests[0]!
    for (const name of names) {
      try {
        await this.#client.images.create({ image: { name, target } })
      } catch (error) {
        if (!isThere(error)) throw error
        await this.#client.images.update({ image: { name, target }, updateMask: { paths: ["target"] } })
      }
    }
    // Somebody may have removed the image between the moment when it was found here and its new name.
    this.#trees.delete(target.digest)
    const image = await this.find(tree.id)
    if (image === undefined) throw new EngineError("gone", `the image ${tree.id} was removed while it was pulled`)
    return image
  }

  async remove(id: string): Promise<void> {
    const there = (await this.#byId()).get(id)
    if (there === undefined) return
    for await (const { container } of this.#client.containers.listStream({ filters: [] })) {
      if (container.image !== id && !there.names.includes(container.image)) continue
      throw new EngineError("invalid", `the image ${id} is used by container ${container.id}`)
    }
    for (const [place, name] of there.names.entries()) {
      await unlessGone(this.#client.images.delete({ name, sync: place === there.names.length - 1 }))
    }
    for (const [digest, tree] of this.#trees) if (tree.id === id) this.#trees.delete(digest)
  }

  async #byId(): Promise<Map<string, Named>> {
    const found = new Map<string, Named>()
    for (const { name, target } of (await this.#client.images.list({})).images) {
      const tree = await this.#tree(target.digest)
      if (tree === undefined) continue
      const known = found.get(tree.id)
      if (known === undefined) found.set(tree.id, { tree, names: [name] })
      else known.names.push(name)
    }
    return found
  }

  /** Undefined where a piece of it is missing, or it is no image for this machine. */
  async #tree(digest: string): Promise<ImageTree | undefined> {
    const known = this.#trees.get(digest)
    if (known !== undefined) return known
    const read = async (digest: string) => {
      const bytes = await this.#content.read(digest)
      if (bytes === undefined) throw new EngineError("gone", `${digest} is not here`)
      return bytes
    }
    try {
      const tree = await readTree(digest, this.#platform, { manifest: read, config: ({ digest }) => read(digest) })
      this.#trees.set(digest, tree)
      if (this.#trees.size > TREES_MAX) this.#trees.delete(this.#trees.keys().next().value!)
      return tree
    } catch (error) {
      if (error instanceof EngineError && (error.kind === "gone" || error.kind === "invalid")) return undefined
      throw error
    }
  }

  async #describe({ tree: { id, chain, config }, names }: Named): Promise<Image | undefined> {
    const sizes = await unlessGone(Promise.all(chain.map((chainId) => this.#snapshots.size(chainId))))
    return sizes && { id, ...namesOf(names), bytes: sizes.reduce((sum, size) => sum + size, 0), config }
  }
}

function named(all: ReadonlyMap<string, Named>, name: string): Named | undefined {
  return [...all.values()].find(({ names }) => names.includes(name))
}

/** What stands for it, apart from the names that only keep it and those that others gave in their own ways. */
function namesOf(names: readonly string[]): Pick<Image, "references" | "repositoryDigests"> {
  const known = names.filter(isFullReference).map(parseReference)
  return {
    references: known.filter(({ tag }) => tag !== undefined).map(familiarReference),
    repositoryDigests: known.filter(({ digest }) => digest !== undefined).map(familiarReference),
  }
}

function isFullReference(name: string): boolean {
  try {
    return formatReference(parseReference(name)) === name
  } catch {
    return false
  }
}

const IMAGE_ID = /^sha256:[0-9a-f]{64}$/
const TREES_MAX = 1000
