import type { TestImage } from "./image.ts"
import { type Files, tarOf } from "./layer.ts"

/** The image as `docker save` writes it, under references as in `web:1`. */
export function dockerArchive(image: TestImage, ...references: readonly string[]): Promise<Buffer> {
  return tarOf(dockerArchiveFiles(image, ...references))
}

/** What is in it, for tests that spoil some of it. */
export function dockerArchiveFiles(image: TestImage, ...references: readonly string[]): Files {
  const config = `${hexOf(image.id)}.json`
  const layers = image.layers.map(({ diffId, tar }) => [`${hexOf(diffId)}/layer.tar`, tar] as const)
  const paths = layers.map(([path]) => path)
  return {
    ...Object.fromEntries(layers),
    [config]: image.config,
    "manifest.json": JSON.stringify([{ Config: config, RepoTags: references, Layers: paths }]),
  }
}

/** The image as an OCI layout: blobs by digest and an index that names it. */
export function ociArchive(image: TestImage, ...references: readonly string[]): Promise<Buffer> {
  return tarOf(ociArchiveFiles(image, ...references))
}

/** What is in it, for tests that spoil some of it. */
export function ociArchiveFiles(image: TestImage, ...references: readonly string[]): Files {
  const { mediaType, digest, manifest, platform } = image
  const descriptor = { mediaType, digest, size: manifest.length, platform }
  const manifests = references.map((reference) => ({
    ...descriptor,
    annotations: { "io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tagOf(reference) },
  }))
  const blobs = [...image.blobs, [digest, manifest] as const]
  return {
    "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
    "index.json": JSON.stringify({ schemaVersion: 2, manifests: manifests.length > 0 ? manifests : [descriptor] }),
    ...Object.fromEntries(blobs.map(([name, bytes]) => [`blobs/sha256/${hexOf(name)}`, bytes] as const)),
  }
}

function hexOf(digest: string): string {
  return digest.slice("sha256:".length)
}

function tagOf(reference: string): string {
  return /:([^/:]+)$/.exec(reference)?.[1] ?? "latest"
}
