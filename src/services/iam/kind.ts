import { globalArnOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions, type Tag } from "../../aws/tags.ts"
import type { Table } from "../../store/table.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, noSuchEntity } from "./fault.ts"
import { checkedName } from "./names.ts"
import {
  type Entity,
  type Group,
  groups,
  type InstanceProfile,
  instanceProfiles,
  type Role,
  roles,
  type User,
  users,
} from "./tables.ts"

interface Named {
  readonly name: string
  readonly path: string
  readonly tags?: readonly Tag[]
}

/** What tells one sort of thing that has a name and a path from another. */
export interface Kind<R extends Named> {
  /** In ARNs. */
  readonly type: string

  /** The parameter that names it, as AWS's sentences have it. */
  readonly member: string
  readonly nameLengthMax: number
  readonly table: Table<R>
  readonly missing: (name: string) => string
  readonly taken: (name: string) => string
}

/** What may have policies. */
export interface EntityKind<E extends Entity> extends Kind<E> {
  /** At the front of quotas' names: `PoliciesPerUser`. */
  readonly word: string

  /** Of all its own policies together, in characters that are no blanks. */
  readonly inlineLengthMax: number

  /** Whether somebody other than its account decides over this one. */
  readonly isProtected: (entity: E) => boolean
}

export const userKind: EntityKind<User> = {
  type: "user",
  word: "User",
  member: "userName",
  nameLengthMax: 64,
  inlineLengthMax: 2048,
  table: users,
  missing: (name) => `The user with name ${name} cannot be found.`,
  taken: (name) => `User with name ${name} already exists.`,
  isProtected: () => false,
}

export const groupKind: EntityKind<Group> = {
  type: "group",
  word: "Group",
  member: "groupName",
  nameLengthMax: 128,
  inlineLengthMax: 5120,
  table: groups,
  missing: (name) => `The group with name ${name} cannot be found.`,
  taken: (name) => `Group with name ${name} already exists.`,
  isProtected: () => false,
}

export const roleKind: EntityKind<Role> = {
  type: "role",
  word: "Role",
  member: "roleName",
  nameLengthMax: 64,
  inlineLengthMax: 10_240,
  table: roles,
  missing: (name) => `The role with name ${name} cannot be found.`,
  taken: (name) => `Role with name ${name} already exists.`,
  isProtected: ({ linkedTo }) => linkedTo !== undefined,
}

export const profileKind: Kind<InstanceProfile> = {
  type: "instance-profile",
  member: "instanceProfileName",
  nameLengthMax: 128,
  table: instanceProfiles,
  missing: (name) => `Instance Profile ${name} cannot be found.`,
  taken: (name) => `Instance Profile ${name} already exists.`,
}

export function arnOfNamed(
  home: { readonly account: string; readonly region: string },
  { type }: Pick<Kind<never>, "type">,
  { path, name }: Named,
): string {
  return globalArnOf("iam", home, `${type}${path}${name}`)
}

/** Names are unique whatever their case, and yet found by how they were written. */
export function find<R extends Named>(tx: Tx, { table }: Pick<Kind<R>, "table">, name: string): R | undefined {
  const found = tx.get(table, name.toLowerCase())
  return found?.name === name ? found : undefined
}

/** What the operation acts on, once it is known that the caller may. */
export function permitted<R extends Named>(
  call: Call,
  kind: Kind<R>,
  name: string,
  conditions: Conditions = {},
  member = kind.member,
): R {
  checkedName(name, member, kind.nameLengthMax)
  const found = find(call.tx, kind, name)
  const { tags = [] } = found ?? {}
  const ownTags = Object.fromEntries(tags.map(({ key, value }) => [`iam:ResourceTag/${key}`, value]))
  call.authorize(arnOfNamed(call, kind, found ?? { path: "/", name }), {
    ...conditions,
    ...resourceTagConditions(tags),
    ...ownTags,
  })
  if (found === undefined) throw noSuchEntity(kind.missing(name))
  return found
}

/** The same for what is about to be changed. */
export function changeable<E extends Entity>(
  call: Call,
  kind: EntityKind<E>,
  name: string,
  conditions: Conditions = {},
): E {
  const found = permitted(call, kind, name, conditions)
  if (!kind.isProtected(found)) return found
  throw fault(
    "UnmodifiableEntityException",
    `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
  )
}
