import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"
import type { Envelope } from "../kms/index.ts"

/** A name for values that change. What they are lies in `secretVersions`, and nowhere in the clear. */
export interface Secret {
  /** Ends in six characters drawn for it, so that one made again under its name is another secret. */
  readonly arn: string
  readonly name: string
  readonly description: string | undefined

  /** As its owner named the key; undefined for the account's own `aws/secretsmanager`. */
  readonly kmsKeyId: string | undefined

  /** Which version each staging label is attached to: a label is on one version at most. */
  readonly stages: Readonly<Record<string, string>>
  readonly rotation: Rotation | undefined

  /** JSON, as its owner wrote it. */
  readonly policy: string | undefined
  readonly tags: readonly Tag[]
  readonly createdAt: number
  readonly changedAt: number

  /** The day of the last access, at its beginning: more is not kept, so that reading seldom writes. */
  readonly accessedAt: number | undefined

  /** Set while it waits to be deleted: since when, and until when it can be restored. */
  readonly deletion: { readonly askedAt: number; readonly dueAt: number } | undefined
}

/** Kept as it was asked for; nothing here rotates by itself. */
export interface Rotation {
  readonly isEnabled: boolean
  readonly lambdaArn: string
  readonly afterDays: number | undefined
  readonly duration: string | undefined
  readonly schedule: string | undefined
}

export const secrets = table({
  name: "secretsmanager/secrets",
  version: 1,
  key: (secret: Secret) => secret.arn,
  indexes: { name: (secret) => secret.name },
})

/** One value. It never changes; one without a label is deprecated, and goes when there are too many. */
export interface SecretVersion {
  readonly secretArn: string
  readonly id: string
  readonly kind: "string" | "binary"
  readonly sealed: Envelope

  /** Tells whether the same value is sent again, without opening it; made with a key that is not in the journal. */
  readonly fingerprint: string
  readonly createdAt: number
  readonly accessedAt: number | undefined
}

export const secretVersions = table({
  name: "secretsmanager/versions",
  version: 1,
  key: ({ secretArn, id }: SecretVersion) => secretVersionKey(secretArn, id),
  indexes: { secret: (version) => version.secretArn },
})

export function secretVersionKey(secretArn: string, id: string): string {
  return `${secretArn}/${id}`
}
