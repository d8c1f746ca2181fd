import type { ImageHealthCheck } from "../../src/node/engine/image.ts"
import { aLayer, busyboxLayer, type Compression, digestOf, type Files, type Layer } from "./layer.ts"

/** What a test cares about of an image; everything has a default. */
export interface ImageSpec {
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]

  /** As in `PATH=/bin`. */
  readonly environment?: readonly string[]
  readonly workingDirectory?: string
  readonly user?: string
  readonly stopSignal?: string
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly healthCheck?: ImageHealthCheck

  /** On top of busybox, as one layer. */
  readonly files?: Files

  /** More layers above it, of files or ready made. */
  readonly layers?: readonly (Files | Layer)[]

  /** False leaves out busybox, for images that nobody runs. */
  readonly busybox?: boolean
  readonly compression?: Compression

  /** Which media types it is written with. */
  readonly style?: "oci" | "docker"
  readonly architecture?: string
  readonly variant?: string
  readonly os?: string
}

export interface TestImage {
  /** Of the manifest. */
  readonly digest: string

  /** Of the configuration. */
  readonly id: string
  readonly mediaType: string
  readonly manifest: Buffer
  readonly config: Buffer
  readonly layers: readonly Layer[]
  readonly platform: { readonly architecture: string; readonly os: string; readonly variant?: string }

  /** Configuration and layers by digest: what a registry serves besides the manifest. */
  readonly blobs: ReadonlyMap<string, Buffer>
}

/** A small image that runs, with `/bin/sh` and what busybox has; the same spec gives the same image. */
export async function anImage(spec: ImageSpec = {}): Promise<TestImage> {
  const { compression = "gzip", style = "oci", architecture = ARCHITECTURE, os = "linux", variant } = spec
  const layers: Layer[] = spec.busybox === false ? [] : [await busyboxLayer()]
  if (spec.files !== undefined) layers.push(await aLayer(spec.files, compression))
  for (const layer of spec.layers ?? []) layers.push(isLayer(layer) ? layer : await aLayer(layer, compression))

  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  const config = Buffer.from(
    JSON.stringify({
      ...platform,
      config: configOf(spec),
      rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
      history: layers.map(() => ({ created: "2026-01-01T00:00:00Z", created_by: "test" })),
    }),
  )
  const types = MEDIA_TYPES[style]
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: digestOf(config), size: config.length },
      layers: layers.map(({ digest, bytes, compression }) => ({
        mediaType:
          types.layer + (compression === "none" ? "" : style === "oci" ? `+${compression}` : `.${compression}`),
        digest,
        size: bytes.length,
      })),
    }),
  )
  return {
    digest: digestOf(manifest),
    id: digestOf(config),
    mediaType: types.manifest,
    manifest,
    config,
    layers,
    platform,
    blobs: new Map([[digestOf(config), config], ...layers.map(({ digest, bytes }) => [digest, bytes] as const)]),
  }
}

export interface TestIndex {
  readonly digest: string
  readonly mediaType: string
  readonly manifest: Buffer
  readonly images: readonly TestImage[]
}

/** One name for several platforms. */
export function anIndex(images: readonly TestImage[], style: "oci" | "docker" = "oci"): TestIndex {
  const mediaType = MEDIA_TYPES[style].index
  const manifests = images.map(({ mediaType, digest, manifest, platform }) => ({
    mediaType,
    digest,
    size: manifest.length,
    platform,
  }))
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
  return { digest: digestOf(manifest), mediaType, manifest, images }
}

function configOf(spec: ImageSpec): object {
  const asSet = (names: readonly string[] | undefined) =>
    names && Object.fromEntries(names.map((name) => [name, {}] as const))
  return {
    Entrypoint: spec.entryPoint,
    Cmd: spec.command ?? ["/bin/sh"],
    Env: spec.environment ?? ["PATH=/bin"],
    WorkingDir: spec.workingDirectory,
    User: spec.user,
    StopSignal: spec.stopSignal,
    Volumes: asSet(spec.volumes),
    ExposedPorts: asSet(spec.ports),
    Labels: spec.labels,
    Healthcheck: spec.healthCheck,
  }
}

function isLayer(layer: Files | Layer): layer is Layer {
  return Buffer.isBuffer(layer.tar)
}

const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64"

const MEDIA_TYPES = {
  oci: {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar",
  },
  docker: {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar",
  },
} as const
