import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

/** What users, groups and roles have in common. Names are told apart without their case, and found by it. */
export interface Entity {
  readonly name: string

  /** Begins and ends with a slash. */
  readonly path: string

  /** As in `AIDA…`; never given again, so it tells one from another that had the same name before. */
  readonly id: string
  readonly createdAt: number

  /** Documents by the name of the policy. */
  readonly inline: Readonly<Record<string, string>>

  /** ARNs of managed policies, in the order in which they were attached. */
  readonly attached: readonly string[]

  /** The ARN of the policy that bounds what it may; groups have none. */
  readonly boundary: string | undefined
}

export interface User extends Entity {
  /** Ids, in the order in which it joined. */
  readonly groups: readonly string[]
  readonly tags: readonly Tag[]
}

export type Group = Entity

export interface Role extends Entity {
  /** Who may take the role: its trust policy. */
  readonly trust: string
  readonly description: string | undefined
  readonly sessionSecondsMax: number
  readonly tags: readonly Tag[]

  /** The service whose own role it is, as in `ecs.amazonaws.com`; nobody else may change it. */
  readonly linkedTo: string | undefined
}

export interface InstanceProfile {
  readonly name: string
  readonly path: string
  readonly id: string
  readonly createdAt: number

  /** The name of its role. */
  readonly role: string | undefined
  readonly tags: readonly Tag[]
}

/** A policy that a customer has made to be attached. */
export interface ManagedPolicy {
  readonly arn: string
  readonly name: string
  readonly path: string
  readonly id: string
  readonly description: string | undefined

  /** Oldest first; never empty. */
  readonly versions: readonly PolicyVersion[]

  /** As in `v2`; it is always one of them. */
  readonly defaultVersion: string

  /** How many there have ever been: numbers are not given again. */
  readonly versionCount: number
  readonly tags: readonly Tag[]
  readonly createdAt: number
  readonly updatedAt: number
}

export interface PolicyVersion {
  readonly id: string
  readonly document: string
  readonly createdAt: number
}

/** An issuer of web identities that an account trusts. */
export interface OpenIdProvider {
  /** The URL without its scheme. */
  readonly host: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly tags: readonly Tag[]
  readonly createdAt: number
}

/** What an account has said of itself: one record. */
export interface AccountSettings {
  readonly key: "settings"
  readonly alias?: string
  readonly passwordPolicy?: PasswordPolicy
}

export interface PasswordPolicy {
  readonly minimumLength: number
  readonly requireSymbols: boolean
  readonly requireNumbers: boolean
  readonly requireUppercase: boolean
  readonly requireLowercase: boolean
  readonly mayChangeOwn: boolean
  readonly maxAgeDays: number | undefined
  readonly reusePrevention: number | undefined
  readonly hardExpiry: boolean | undefined
}

/** A service-linked role's deletion, which callers ask after for a while. */
export interface RoleDeletion {
  readonly taskId: string
  readonly createdAt: number
}

const keyOf = ({ name }: { readonly name: string }) => name.toLowerCase()

export const users = table({
  name: "iam/users",
  version: 1,
  belongsTo: "account",
  key: (user: User) => keyOf(user),
  indexes: {
    id: (user) => user.id,
    group: (user) => user.groups,
    attached: (user) => user.attached,
    boundary: (user) => user.boundary,
  },
})

export const groups = table({
  name: "iam/groups",
  version: 1,
  belongsTo: "account",
  key: (group: Group) => keyOf(group),
  indexes: { id: (group) => group.id, attached: (group) => group.attached },
})

export const roles = table({
  name: "iam/roles",
  version: 1,
  belongsTo: "account",
  key: (role: Role) => keyOf(role),
  indexes: { attached: (role) => role.attached, boundary: (role) => role.boundary },
})

export const instanceProfiles = table({
  name: "iam/instance-profiles",
  version: 1,
  belongsTo: "account",
  key: (profile: InstanceProfile) => keyOf(profile),
  indexes: { role: (profile) => profile.role },
})

export const managedPolicies = table({
  name: "iam/policies",
  version: 1,
  belongsTo: "account",
  key: (policy: ManagedPolicy) => keyOf(policy),
})

export const openIdProviders = table({
  name: "iam/open-id-providers",
  version: 1,
  belongsTo: "account",
  key: (provider: OpenIdProvider) => provider.host,
})

export const accountSettings = table({
  name: "iam/account-settings",
  version: 1,
  belongsTo: "account",
  key: (settings: AccountSettings) => settings.key,
})

const DELETION_KEPT_MS = 24 * 60 * 60 * 1000

export const roleDeletions = table({
  name: "iam/role-deletions",
  version: 1,
  belongsTo: "account",
  key: (deletion: RoleDeletion) => deletion.taskId,
  retention: { until: ({ createdAt }) => createdAt + DELETION_KEPT_MS },
})
