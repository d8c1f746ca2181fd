import { regionScope } from "../../store/changes.ts"
import type { Store } from "../../store/store.ts"
import type { World } from "../../world/world.ts"
import { newEntityId } from "./names.ts"
import { type Role, roles, type User, users } from "./tables.ts"

/** A policy as tests write it. */
export type Document = object | string

/** A user, filled in where the test does not care. */
export function aUser(properties: Partial<User>): User {
  const name = properties.name ?? "ann"
  return {
    name,
    path: "/",
    id: `AIDA${name.toUpperCase()}`,
    createdAt: 0,
    inline: {},
    attached: [],
    groups: [],
    boundary: undefined,
    tags: [],
    ...properties,
  }
}

export function aRole(properties: Partial<Role>): Role {
  const name = properties.name ?? "deploy"
  return {
    name,
    path: "/",
    id: `AROA${name.toUpperCase()}`,
    createdAt: 0,
    trust: trusting("*"),
    description: undefined,
    sessionSecondsMax: 3600,
    inline: {},
    attached: [],
    boundary: undefined,
    tags: [],
    linkedTo: undefined,
    ...properties,
  }
}

/** A trust policy for whom AWS calls a principal, as in `{ Service: "ecs-tasks.amazonaws.com" }`. */
export function trusting(principal: object | string, action = "sts:AssumeRole"): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: action }],
  })
}

/** Puts a user of a new name with this inline policy into an account. */
export function addUser(store: Store, world: World, account: string, policy: Document): User {
  return store.transact(regionScope(account, "*"), (tx) => {
    const id = newEntityId(world.random, "AIDA")
    const user = aUser({ name: `user-${id.slice(4, 12).toLowerCase()}`, id, inline: { own: textOf(policy) } })
    tx.put(users, user)
    return user
  })
}

/** The same for a role that anyone may take whom their own policies allow it. */
export function addRole(store: Store, world: World, account: string, policy: Document): Role {
  return store.transact(regionScope(account, "*"), (tx) => {
    const id = newEntityId(world.random, "AROA")
    const role = aRole({ name: `role-${id.slice(4, 12).toLowerCase()}`, id, inline: { own: textOf(policy) } })
    tx.put(roles, role)
    return role
  })
}

function textOf(policy: Document): string {
  return typeof policy === "string" ? policy : JSON.stringify(policy)
}
