import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

// Times are milliseconds since 1970 throughout. What layers and manifests hold is in no table: see blobs/blob-store.ts.

export interface Repository {
  readonly name: string

  /** What images and layers know it by: a repository of the same name that is made later has another. */
  readonly id: string
  readonly mutability: Mutability
  readonly scanOnPush: boolean
  readonly encryption: Encryption
  readonly tags: readonly Tag[]

  /** JSON, as its owner wrote it. */
  readonly policy?: string
  readonly lifecycle?: Lifecycle

  /** What a public repository tells of itself. */
  readonly catalog?: CatalogData
  readonly createdAt: number
}

export interface CatalogData {
  readonly description?: string
  readonly architectures: readonly string[]
  readonly operatingSystems: readonly string[]
  readonly aboutText?: string
  readonly usageText?: string
}

/** Whether tags may move to other images, and the patterns of those for which it is the other way round. */
export interface Mutability {
  readonly kind: "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION"
  readonly exclusions: readonly string[]
}

/** Kept: on the disk all images lie alike. */
export interface Encryption {
  readonly type: "AES256" | "KMS" | "KMS_DSSE"
  readonly key?: string
}

export interface Lifecycle {
  /** JSON, as its owner wrote it. */
  readonly policy: string

  /** Zero until it has been carried out for the first time. */
  readonly evaluatedAt: number
}

export const repositories = table({
  name: "ecr/repositories",
  version: 1,
  key: (repository: Repository) => repository.name,
  indexes: { id: ({ id }) => id },
})

/** Anything with a manifest: an image, an index of images, a signature. */
export interface Image {
  readonly repositoryId: string
  readonly digest: string
  readonly mediaType: string

  /** What it is an image of: the type of its configuration, or the one that it claims. */
  readonly artifactType?: string

  /** Of the manifest itself. */
  readonly manifestBytes: number

  /** What the manifest lies under, where its signature is no part of what its digest is of. */
  readonly manifestBlob?: string

  /** Of all that it consists of, as AWS counts. */
  readonly bytes: number

  /** Layers and configuration; all of them are layers of the repository. */
  readonly layers: readonly string[]

  /** The images that an index lists. */
  readonly children: readonly string[]

  /** The image that this one says something about; it need not be there. */
  readonly subject?: string
  readonly annotations?: Readonly<Record<string, string>>

  /** Whether it was pulled through from another registry: then what it consists of may not be here yet. */
  readonly isCached?: true
  readonly pushedAt: number

  /** Written down once a day at most. */
  readonly pulledAt?: number
}

export function imageKey(repositoryId: string, digest: string): string {
  return `${repositoryId}@${digest}`
}

export const images = table({
  name: "ecr/images",
  version: 1,
  key: ({ repositoryId, digest }: Image) => imageKey(repositoryId, digest),
  indexes: {
    repository: ({ repositoryId }) => repositoryId,
    blob: ({ digest, manifestBlob }) => manifestBlob ?? digest,

    /** Where a layer or an image is a part of it. */
    holds: ({ repositoryId, layers, children }) =>
      [...new Set([...layers, ...children])].map((digest) => imageKey(repositoryId, digest)),
    subject: ({ repositoryId, subject }) => (subject === undefined ? undefined : imageKey(repositoryId, subject)),
  },
})

export interface ImageTag {
  readonly repositoryId: string
  readonly tag: string
  readonly digest: string
}

export function tagKey(repositoryId: string, tag: string): string {
  return `${repositoryId}:${tag}`
}

export const imageTags = table({
  name: "ecr/image-tags",
  version: 1,
  key: ({ repositoryId, tag }: ImageTag) => tagKey(repositoryId, tag),
  indexes: {
    repository: ({ repositoryId }) => repositoryId,
    image: ({ repositoryId, digest }) => imageKey(repositoryId, digest),
  },
})

/** A layer, or a configuration, that a repository has. The same blob may be a layer of many. */
export interface Layer {
  readonly repositoryId: string
  readonly digest: string
  readonly bytes: number

  /** Set while no image holds it: until then a push may still count on it. */
  readonly keptUntil?: number
}

export const layers = table({
  name: "ecr/layers",
  version: 1,
  key: ({ repositoryId, digest }: Layer) => imageKey(repositoryId, digest),
  indexes: { repository: ({ repositoryId }) => repositoryId, digest: ({ digest }) => digest },
  retention: { until: ({ keptUntil }) => keptUntil },
})

/** What a registry has been told once for all of its repositories. */
export interface RegistrySettings {
  readonly key: "registry"

  /** JSON, as its owner wrote it. */
  readonly policy?: string
  readonly replication: readonly ReplicationRule[]

  /** What was pushed before is not replicated. */
  readonly replicationSince?: number
  readonly scanning?: ScanningSettings

  /** Of the public registry. */
  readonly displayName?: string
}

export interface ReplicationRule {
  readonly destinations: readonly { readonly region: string; readonly account: string }[]

  /** Beginnings of the names of what is replicated; none for everything. */
  readonly prefixes: readonly string[]
}

/** Kept: nothing is scanned here. */
export interface ScanningSettings {
  readonly type: "BASIC" | "ENHANCED"
  readonly rules: readonly { readonly frequency: string; readonly filters: readonly string[] }[]
}

export const registrySettings = table({
  name: "ecr/registry-settings",
  version: 1,
  key: ({ key }: RegistrySettings) => key,
})

export interface AccountSetting {
  readonly name: string
  readonly value: string
}

export const accountSettings = table({
  name: "ecr/account-settings",
  version: 1,
  key: ({ name }: AccountSetting) => name,
})

/** How repositories are made that nobody has made by hand. */
export interface CreationTemplate {
  /** The beginning of the names it is for, up to a slash; `ROOT` for what no other is for. */
  readonly prefix: string
  readonly description?: string
  readonly encryption: Encryption
  readonly tags: readonly Tag[]
  readonly mutability: Mutability
  readonly policy?: string
  readonly lifecyclePolicy?: string
  readonly appliedFor: readonly TemplatePurpose[]

  /** Kept: who pushes makes the repository here. */
  readonly role?: string
  readonly createdAt: number
  readonly updatedAt: number
}

export type TemplatePurpose = "REPLICATION" | "PULL_THROUGH_CACHE" | "CREATE_ON_PUSH"

export const creationTemplates = table({
  name: "ecr/creation-templates",
  version: 1,
  key: ({ prefix }: CreationTemplate) => prefix,
})

/** What a lifecycle policy would do, as it was asked to be shown. */
export interface LifecyclePreview {
  readonly repositoryId: string

  /** JSON. */
  readonly policy: string
  readonly at: number
}

export const lifecyclePreviews = table({
  name: "ecr/lifecycle-previews",
  version: 1,
  key: ({ repositoryId }: LifecyclePreview) => repositoryId,
  retention: { until: ({ at }) => at + PREVIEW_MS },
})

const PREVIEW_MS = 24 * 60 * 60 * 1000
