import { EngineError } from "../engine/engine-error.ts"
import { isDigest } from "./reference.ts"

/** How manifests name other content. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** What an image is made of. */
export interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** As images name it: `amd64` and `arm64`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Which manifests we can read, in the order of preference; registries are told so. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const

/** Undefined for what is no type of a manifest, as some proxies say `application/json`. */
export function manifestTypeOf(header: string | undefined): string | undefined {
  const type = header?.split(";")[0]?.trim().toLowerCase()
  return MANIFEST_TYPES.find((known) => known === type)
}

/** For manifests that come without their type. */
export function manifestTypeIn(bytes: Uint8Array): string {
  const { mediaType, manifests, layers } = parse(bytes)
  const known = typeof mediaType === "string" ? manifestTypeOf(mediaType) : undefined
  if (known !== undefined) return known
  if (mediaType === undefined && Array.isArray(manifests)) return MANIFEST_TYPES[0]
  if (mediaType === undefined && Array.isArray(layers)) return MANIFEST_TYPES[2]
  throw new EngineError("invalid", "the image's manifest is of a kind that is not supported")
}

export function isIndex(mediaType: string): boolean {
  return mediaType === MANIFEST_TYPES[0] || mediaType === MANIFEST_TYPES[1]
}

/** Reads an index and chooses what runs on a platform. Throws `EngineError` "invalid", as the other two do. */
export function choosePlatform(index: Uint8Array, platform: Platform): Descriptor {
  const { manifests } = parse(index)
  if (!Array.isArray(manifests)) throw new EngineError("invalid", "invalid image index: it lists no manifests")
  const ranked = manifests
    .map((entry: Record<string, unknown>) => ({
      entry,
      rank: rankOf(entry?.platform as Platform | undefined, platform),
    }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
  if (ranked.length === 0) {
    const wanted = [platform.os, platform.architecture, ...(platform.variant ? [platform.variant] : [])].join("/")
    throw new EngineError("invalid", `image Manifest does not contain descriptor matching platform '${wanted}'`)
  }
  return readDescriptor(ranked[0]!.entry, MANIFEST_SIZE_MAX)
}

export function readManifest(bytes: Uint8Array): Manifest {
  const { config, layers } = parse(bytes)
  if (!Array.isArray(layers) || layers.length > LAYERS_MAX) {
    throw new EngineError("invalid", `invalid image manifest: it needs a list of at most ${LAYERS_MAX} layers`)
  }
  return {
    config: readDescriptor(config, CONFIG_SIZE_MAX),
    layers: layers.map((layer) => readDescriptor(layer, LAYER_SIZE_MAX)),
  }
}

export function readDescriptor(value: unknown, sizeMax: number): Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Record<string, unknown>
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isDigest(digest)) {
    throw new EngineError("invalid", "invalid image manifest: a descriptor has no media type or no sha256 digest")
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > sizeMax) {
    throw new EngineError("invalid", `invalid image manifest: ${digest} cannot be ${String(size)} bytes`)
  }
  return { mediaType, digest, size: size as number }
}

/** Lower is better; below zero it does not run here. */
function rankOf(offered: Platform | undefined, wanted: Platform): number {
  if (offered?.os !== wanted.os || offered.architecture !== wanted.architecture) return -1
  if (offered.variant === wanted.variant) return 0
  if (offered.variant === undefined) return 1

  // Every arm64 is a v8, and a later arm runs what was built for an earlier one. Of other variants nothing is known.
  if (wanted.architecture === "arm64" && wanted.variant === undefined && offered.variant === "v8") return 0
  const [level, levelMax] = [levelOf(offered.variant), levelOf(wanted.variant ?? "v7")]
  return wanted.architecture === "arm" && level <= levelMax ? 2 + levelMax - level : -1
}

function levelOf(variant: string): number {
  return Number(/^v(\d)$/.exec(variant)?.[1] ?? Number.POSITIVE_INFINITY)
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString("utf8"))
    if (typeof value === "object" && value !== null) return value
  } catch {
    // Told below, together with what parses and is no manifest.
  }
  throw new EngineError("invalid", "invalid image manifest: it is not JSON")
}

export const MANIFEST_SIZE_MAX = 4 * 1024 ** 2
export const CONFIG_SIZE_MAX = 8 * 1024 ** 2
const LAYER_SIZE_MAX = 256 * 1024 ** 3

/** What overlayfs can stack. */
const LAYERS_MAX = 500
