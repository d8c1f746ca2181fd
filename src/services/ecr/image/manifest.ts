import { isDeepStrictEqual } from "node:util"

/** How manifests name other content. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** What a manifest of any kind says, as far as a registry needs to know it. */
export interface Manifest {
  readonly mediaType: string
  readonly artifactType?: string

  /** Layers and configuration that must be there. */
  readonly layers: readonly Descriptor[]

  /** Images that an index lists; they must be there too. */
  readonly children: readonly Descriptor[]
  readonly subject?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json"
const OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
const DOCKER_FIRST = "application/vnd.docker.distribution.manifest.v1+json"
const DOCKER_FIRST_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

const KINDS: readonly string[] = [
  DOCKER_MANIFEST,
  DOCKER_LIST,
  OCI_MANIFEST,
  OCI_INDEX,
  OCI_ARTIFACT,
  DOCKER_FIRST,
  DOCKER_FIRST_SIGNED,
]

/** What is wrong with a manifest, for people. */
export class BadManifest extends Error {
  override readonly name = "BadManifest"
}

/** Reads a manifest. What it says of its kind goes before what was said with it. */
export function readManifest(bytes: Uint8Array, said: string | undefined): Manifest {
  const content = parsed(bytes)
  const mediaType = kindOf(content, said)
  if (mediaType === DOCKER_FIRST || mediaType === DOCKER_FIRST_SIGNED) {
    return { mediaType, layers: firstLayers(content), children: [] }
  }
  const { config, layers, manifests, blobs, subject, annotations, artifactType } = content
  const common = {
    mediaType,
    ...(subject !== undefined && subject !== null && { subject: descriptor(subject, "subject").digest }),
    ...(isTexts(annotations) && { annotations }),
  }
  if (mediaType === DOCKER_LIST || mediaType === OCI_INDEX) {
    const children = descriptors(manifests, "manifests").filter((child) => !isElsewhere(child))
    return { ...common, ...claimed(artifactType), layers: [], children }
  }
  if (mediaType === OCI_ARTIFACT) {
    return { ...common, ...claimed(artifactType), layers: descriptors(blobs ?? [], "blobs"), children: [] }
  }
  const configuration = descriptor(config, "config")
  const own = descriptors(layers, "layers").filter((layer) => !isElsewhere(layer))
  return {
    ...common,
    artifactType: typeof artifactType === "string" && artifactType !== "" ? artifactType : configuration.mediaType,
    layers: [configuration, ...own],
    children: [],
  }
}

/** Of the oldest manifests the signature is no part of what the digest is of. */
export function signedPart(bytes: Uint8Array, { mediaType }: Pick<Manifest, "mediaType">): Uint8Array {
  if (mediaType !== DOCKER_FIRST_SIGNED) return bytes
  const [first] = (parsed(bytes).signatures ?? []) as readonly { readonly protected?: unknown }[]
  if (typeof first?.protected !== "string") throw new BadManifest("the manifest has no signature")
  const { formatLength, formatTail } = parsed(Buffer.from(first.protected, "base64url"))
  if (!Number.isSafeInteger(formatLength) || typeof formatTail !== "string") {
    throw new BadManifest("the manifest's signature does not say what it covers")
  }
  const signed = Buffer.concat([bytes.subarray(0, formatLength as number), Buffer.from(formatTail, "base64url")])
  // It says itself where it ends: what it covers must not turn out to be another manifest.
  const { signatures: _, ...unsigned } = parsed(bytes)
  if (!isDeepStrictEqual(parsed(signed), unsigned)) {
    throw new BadManifest("the manifest's signature is of something else")
  }
  return signed
}

type Content = Readonly<Record<string, unknown>>

function parsed(bytes: Uint8Array): Content {
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(bytes).toString("utf8"))
  } catch {
    throw new BadManifest("the manifest is not JSON")
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new BadManifest("the manifest is not an object")
  }
  return content as Content
}

function kindOf(
  { mediaType, schemaVersion, manifests, layers, fsLayers, signatures }: Content,
  said: string | undefined,
) {
  const told = said?.split(";")[0]?.trim().toLowerCase()
  if (mediaType !== undefined && typeof mediaType !== "string") throw new BadManifest("mediaType is not a string")
  if (mediaType !== undefined && KINDS.includes(mediaType)) {
    if (told !== undefined && KINDS.includes(told) && told !== mediaType) {
      throw new BadManifest(`the manifest is of the kind ${mediaType}, and was sent as ${told}`)
    }
    return mediaType
  }
  if (mediaType !== undefined) throw new BadManifest(`manifests of the kind ${mediaType} are not supported`)
  if (schemaVersion === 1 && Array.isArray(fsLayers))
    return signatures === undefined ? DOCKER_FIRST : DOCKER_FIRST_SIGNED
  if (told !== undefined && KINDS.includes(told)) return told
  if (Array.isArray(manifests)) return OCI_INDEX
  if (Array.isArray(layers)) return OCI_MANIFEST
  throw new BadManifest("the manifest does not say of what kind it is")
}

function firstLayers({ fsLayers }: Content): readonly Descriptor[] {
  if (!Array.isArray(fsLayers)) throw new BadManifest("fsLayers is not a list")
  // They tell no sizes; what a layer turns out to be is taken.
  return fsLayers.map((layer) => ({ mediaType: "", digest: digestIn(layer?.blobSum, "fsLayers"), size: -1 }))
}

function descriptors(value: unknown, path: string): readonly Descriptor[] {
  if (!Array.isArray(value) || value.length > DESCRIPTORS_MAX) throw new BadManifest(`${path} is not a list`)
  return value.map((entry) => descriptor(entry, path))
}

function descriptor(value: unknown, path: string): Descriptor {
  if (typeof value !== "object" || value === null) throw new BadManifest(`${path} is no descriptor`)
  const { mediaType, digest, size, urls } = value as Record<string, unknown>
  if (typeof mediaType !== "string") throw new BadManifest(`${path} has no media type`)
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw new BadManifest(`${path} has no size`)
  const elsewhere = Array.isArray(urls) && urls.length > 0
  return { mediaType, digest: digestIn(digest, path), size: size as number, ...(elsewhere && { elsewhere }) }
}

function digestIn(value: unknown, path: string): string {
  if (typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value)) return value
  throw new BadManifest(`${path} has no sha256 digest`)
}

/** Layers that may not be handed on lie where their maker has put them. */
function isElsewhere(descriptor: Descriptor): boolean {
  return "elsewhere" in descriptor && /foreign|nondistributable/.test(descriptor.mediaType)
}

function claimed(artifactType: unknown): { artifactType?: string } {
  return typeof artifactType === "string" && artifactType !== "" ? { artifactType } : {}
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string")
  )
}

const DESCRIPTORS_MAX = 1_000
