import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"
import type { Envelope } from "../kms/index.ts"

/** A name, and what stays the same while its value changes. The rest is with each version. */
export interface Parameter {
  readonly name: string
  readonly arn: string

  /** The newest one; it is always there. */
  readonly version: number

  /** The oldest that is kept. */
  readonly firstVersion: number

  /** Which version each label is attached to: a label is on one version at most. */
  readonly labels: Readonly<Record<string, number>>
  readonly tags: readonly Tag[]

  /** When its policies let it go. */
  readonly expiresAt: number | undefined
}

export const parameters = table({
  name: "ssm/parameters",
  version: 1,
  key: (parameter: Parameter) => parameter.name,
})

/** A value with all that was said of it when it was put. It never changes. */
export interface ParameterVersion {
  readonly name: string
  readonly version: number
  readonly type: ParameterType

  /** Of a SecureString an envelope of KMS; of others base64, sealed under a key of the installation. */
  readonly sealed: string | Envelope

  /** Of a SecureString, as its owner named the key. */
  readonly keyId: string | undefined
  readonly description: string | undefined
  readonly allowedPattern: string | undefined
  readonly tier: Tier
  readonly dataType: string
  readonly policies: readonly ParameterPolicy[]
  readonly modifiedAt: number

  /** The ARN of whoever put it. */
  readonly modifiedBy: string
}

export type ParameterType = "String" | "StringList" | "SecureString"
export type Tier = "Standard" | "Advanced"

export interface ParameterPolicy {
  readonly type: string

  /** JSON, as it was sent. */
  readonly text: string
}

export const parameterVersions = table({
  name: "ssm/parameter-versions",
  version: 1,
  key: ({ name, version }: ParameterVersion) => parameterVersionKey(name, version),
})

export function parameterVersionKey(name: string, version: number): string {
  return `${name}:${version}`
}
