import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

/** What a key is for and how it stands. What it encrypts with lies in `keyMaterials`, and nowhere in the clear. */
export interface Key {
  /** A UUID. */
  readonly id: string
  readonly arn: string
  readonly description: string
  readonly spec: KeySpec

  /** Whose it is to look after: one of AWS's is made at a service's first use, and nobody can change it. */
  readonly manager: "CUSTOMER" | "AWS"
  readonly state: "Enabled" | "Disabled" | "PendingDeletion"

  /** Set while its deletion is pending: after that time nothing that it encrypted can ever be read again. */
  readonly deletionAt: number | undefined
  readonly pendingWindowInDays: number | undefined

  /** JSON, as its owner wrote it. Without an allow in it nobody may use the key. */
  readonly policy: string
  readonly rotation: Rotation | undefined

  /** Of the material that encrypts; all earlier versions still decrypt. */
  readonly version: number
  readonly tags: readonly Tag[]
  readonly createdAt: number
}

export type KeySpec = "SYMMETRIC_DEFAULT" | MacSpec
export type MacSpec = "HMAC_224" | "HMAC_256" | "HMAC_384" | "HMAC_512"

/** New material every so many days. */
export interface Rotation {
  readonly periodInDays: number
  readonly nextAt: number
}

export const keys = table({
  name: "kms/keys",
  version: 1,
  key: (key: Key) => key.id,
})

/** One version of what a key encrypts with. It goes only with its key. */
export interface KeyMaterial {
  readonly keyId: string
  readonly version: number

  /** As the API names it: 64 hexadecimal digits. */
  readonly id: string

  /** Base64; sealed under a key that follows from the installation's master key, so the journal alone opens nothing. */
  readonly sealed: string

  /** What made it; undefined for a key's first one. */
  readonly rotation: "AUTOMATIC" | "ON_DEMAND" | undefined
  readonly createdAt: number
}

export const keyMaterials = table({
  name: "kms/key-materials",
  version: 1,
  key: ({ keyId, version }: KeyMaterial) => keyMaterialKey(keyId, version),
  indexes: { key: ({ keyId }) => keyId },
})

export function keyMaterialKey(keyId: string, version: number): string {
  return `${keyId}/${String(version).padStart(6, "0")}`
}

/** A name for a key, which can be moved to another one. */
export interface Alias {
  /** As in `alias/shop`. */
  readonly name: string
  readonly keyId: string
  readonly createdAt: number
  readonly updatedAt: number
}

export const aliases = table({
  name: "kms/aliases",
  version: 1,
  key: (alias: Alias) => alias.name,
  indexes: { key: (alias) => alias.keyId },
})

/** Lets one principal use a key, beside what the key's policy allows. */
export interface Grant {
  readonly id: string
  readonly token: string
  readonly keyId: string
  readonly name: string | undefined

  /** Who may use the key; AWS's own services are principals too, as in `ecs.amazonaws.com`. */
  readonly grantee: string
  readonly isForService: boolean
  readonly retiring: string | undefined
  readonly operations: readonly string[]
  readonly subset: Readonly<Record<string, string>> | undefined
  readonly equals: Readonly<Record<string, string>> | undefined
  readonly issuingAccount: string
  readonly createdAt: number
}

export const grants = table({
  name: "kms/grants",
  version: 1,
  key: (grant: Grant) => grant.id,
  indexes: {
    key: (grant) => grant.keyId,
    grantee: (grant) => `${grant.keyId}/${grant.grantee}`,
    retiring: (grant) => grant.retiring,
  },
})
