import { createHash } from "node:crypto"
import { CONFIG_SIZE_MAX, MANIFEST_SIZE_MAX, MANIFEST_TYPES } from "../../../registry/manifest.ts"
import { formatReference, isDigest, parseReference } from "../../../registry/reference.ts"
import { sha256 } from "../../../registry/registry.ts"
import { EngineError } from "../../engine-error.ts"
import { type ArchiveEntry, entriesOf } from "./archive-entry.ts"
import type { ContentWriter, WriteOptions } from "./content-writer.ts"

export interface ArchivedImage {
  /** Of the index or manifest, which is in the content store now. */
  readonly digest: string

  /** In full, as `docker.io/library/web:1`; none for an image that was saved without a name. */
  readonly names: readonly string[]
}

/**
 * Brings all content of an archive into the store as it comes, and says which images are in it. Reads what `docker save`
 * writes, old and new, and OCI's layouts. Throws `EngineError` "invalid" for what is neither.
 */
export async function importArchive(
  tar: AsyncIterable<Uint8Array>,
  writer: ContentWriter,
  options: WriteOptions,
): Promise<ArchivedImage[]> {
  const archive = new Archive(writer, options)
  for await (const entry of entriesOf(tar)) await archive.take(entry)
  const images = archive.small("index.json") ? archive.layoutImages() : await archive.dockerImages()
  if (images.length === 0) throw new EngineError("invalid", "the archive holds no image")
  return images
}

interface Stored {
  readonly digest: string
  readonly size: number
  readonly packing: "" | ".gzip" | ".zstd"
}

class Archive {
  readonly #writer: ContentWriter
  readonly #options: WriteOptions
  readonly #links = new Map<string, string>()
  readonly #stored = new Map<string, Stored>()
  readonly #small = new Map<string, Buffer>()
  #smallLeft = SMALL_SIZE_MAX

  constructor(writer: ContentWriter, options: WriteOptions) {
    this.#writer = writer
    this.#options = options
  }

  async take({ path, linkTo, size, bytes }: ArchiveEntry): Promise<void> {
    if (linkTo !== undefined) return void this.#links.set(path, linkTo)
    const digest = `sha256:${/^blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1]}`
    if (isDigest(digest)) await this.#store(path, size, bytes, digest)
    else if (/\.(tar|tgz|gz)$/.test(path)) await this.#store(path, size, bytes, undefined)
    else if (size <= CONFIG_SIZE_MAX) await this.#remember(path, size, bytes)
  }

  /** A small file's bytes, such as those that say what is in the archive. */
  small(path: string): Buffer | undefined {
    return this.#small.get(this.#links.get(path) ?? path)
  }

  layoutImages(): ArchivedImage[] {
    const manifests = listIn(parse(this.small("index.json")!, "index.json"), "manifests")
    const images = new Map<string, Set<string>>()
    for (const { digest, annotations } of manifests) {
      if (typeof digest !== "string" || !isDigest(digest)) throw lacks("a digest in index.json")
      const named = (annotations ?? {}) as Record<string, unknown>
      const name = named["io.containerd.image.name"] ?? named["org.opencontainers.image.ref.name"]
      const names = images.get(digest) ?? new Set()
      // Some write nothing but the tag there, which names no image.
      if (typeof name === "string" && /[:/]/.test(name)) names.add(formatReference(parseReference(name)))
      images.set(digest, names)
    }
    return [...images].map(([digest, names]) => ({ digest, names: [...names] }))
  }

  async dockerImages(): Promise<ArchivedImage[]> {
    const told = this.small("manifest.json")
    if (told === undefined)
      throw new EngineError("invalid", "the archive has neither an index.json nor a manifest.json")
    const images: ArchivedImage[] = []
    for (const { Config, Layers, RepoTags } of listIn({ images: parse(told, "manifest.json") }, "images")) {
      const config = await this.#configuration(String(Config))
      const layers = listIn({ Layers }, "Layers").map((path) => this.#layer(String(path)))
      const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPES[3], config, layers }))
      const digest = sha256(manifest)
      await this.#writer.write({ digest, size: manifest.length }, (from) => after(from, [manifest]), this.#options)
      const names = listIn({ RepoTags: RepoTags ?? [] }, "RepoTags").map((name) =>
        formatReference(parseReference(String(name))),
      )
      images.push({ digest, names })
    }
    return images
  }

  async #configuration(path: string) {
    const mediaType = "application/vnd.docker.container.image.v1+json"
    const stored = this.#stored.get(path)
    if (stored !== undefined) return { mediaType, digest: stored.digest, size: stored.size }
    const bytes = this.small(path)
    if (bytes === undefined) throw lacks(path)
    const digest = sha256(bytes)
    await this.#writer.write({ digest, size: bytes.length }, (from) => after(from, [bytes]), this.#options)
    return { mediaType, digest, size: bytes.length }
  }

  #layer(path: string) {
    const stored = this.#stored.get(this.#links.get(path) ?? path)
    if (stored === undefined) throw lacks(path)
    const mediaType =
      stored.packing === ".zstd"
        ? "application/vnd.oci.image.layer.v1.tar+zstd"
        : `application/vnd.docker.image.rootfs.diff.tar${stored.packing}`
    return { mediaType, digest: stored.digest, size: stored.size }
  }

  async #store(
    path: string,
    size: number,
    bytes: AsyncIterable<Uint8Array>,
    expected: string | undefined,
  ): Promise<void> {
    const hash = createHash("sha256")
    let head: Buffer = Buffer.alloc(0)
    const source = (async function* () {
      for await (const chunk of bytes) {
        if (head.length < 4) head = Buffer.concat([head, chunk.subarray(0, 4)])
        hash.update(chunk)
        yield chunk
      }
    })()
    const digest =
      expected === undefined
        ? await this.#writer.add(size, source, () => `sha256:${hash.digest("hex")}`, this.#options)
        : await this.#writer
            .write({ digest: expected, size }, (from) => after(from, source), this.#options)
            .then(() => expected)
    this.#stored.set(path, { digest, size, packing: packingOf(head) })
  }

  async #remember(path: string, size: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    this.#smallLeft -= size
    if (this.#smallLeft < 0) throw new EngineError("invalid", "the archive has too many files that are no layers")
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes) chunks.push(chunk)
    this.#small.set(path, Buffer.concat(chunks))
  }
}

/** What comes after the first bytes, which an attempt that was broken off has written already. */
async function* after(
  count: number,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let left = count
  for await (const chunk of bytes) {
    if (chunk.length > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

function packingOf(head: Buffer): Stored["packing"] {
  if (head[0] === 0x1f && head[1] === 0x8b) return ".gzip"
  return head.length >= 4 && head.readUInt32BE(0) === 0x28b52ffd ? ".zstd" : ""
}

function parse(bytes: Buffer, path: string): unknown {
  try {
    if (bytes.length <= MANIFEST_SIZE_MAX) return JSON.parse(bytes.toString("utf8"))
  } catch {
    // Told below.
  }
  throw new EngineError("invalid", `the archive's ${path} cannot be read`)
}

function listIn(holder: unknown, name: string): Record<string, unknown>[] {
  const list = (holder as Record<string, unknown> | null)?.[name]
  if (!Array.isArray(list)) throw new EngineError("invalid", `the archive has no list of ${name}`)
  return list
}

function lacks(what: string): EngineError {
  return new EngineError("invalid", `the archive lacks ${what}`)
}

const SMALL_SIZE_MAX = 64 * 1024 ** 2
