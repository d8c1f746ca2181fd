import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { accessKeys, accounts } from "../accounts/index.ts"
import { boundaryOf, checkedBoundary } from "./boundary.ts"
import { alreadyExists, conflict, invalid, overQuota } from "./fault.ts"
import { arnOfNamed, permitted, userKind } from "./kind.ts"
import { listed } from "./listing.ts"
import { checkedName, checkedPath, checkedPrefix, newEntityId } from "./names.ts"
import { type User, users } from "./tables.ts"
import { adding } from "./tag.ts"

const USERS_MAX = 5000

export const userOperations = {
  CreateUser(call, input) {
    const name = checkedName(input.UserName!, "userName", userKind.nameLengthMax)
    const path = checkedPath(input.Path)
    const { added, conditions } = adding(input.Tags)
    const boundary = input.PermissionsBoundary
    call.authorize(arnOfNamed(call, userKind, { name, path }), {
      ...conditions,
      "iam:PermissionsBoundary": boundary,
    })
    if (call.tx.get(users, name.toLowerCase()) !== undefined) throw alreadyExists(userKind.taken(name))
    if (call.tx.count(users) >= USERS_MAX) throw overQuota("UsersPerAccount", USERS_MAX)

    const user: User = {
      name,
      path,
      id: newEntityId(call.random, "AIDA"),
      createdAt: call.now,
      inline: {},
      attached: [],
      groups: [],
      boundary: checkedBoundary(call, boundary),
      tags: added,
    }
    call.tx.put(users, user)
    return { User: { ...describeUser(call, user), ...(added.length > 0 && { Tags: inCapitals(added) }) } }
  },

  GetUser(call, { UserName }) {
    const name = UserName ?? ownName(call)
    if (name === undefined) {
      call.authorize(call.principal.arn)
      return { User: root(call) }
    }
    const user = permitted(call, userKind, name)
    return {
      User: { ...describeUser(call, user), ...(user.tags.length > 0 && { Tags: inCapitals(user.tags) }) },
    }
  },

  ListUsers(call, { PathPrefix, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    call.authorize(arnOfNamed(call, userKind, { path: prefix, name: "" }))
    const found = call.tx.list(users).filter(({ path }) => path.startsWith(prefix))
    const { page, rest } = listed(call, input, found, users.key, { prefix })
    return { Users: page.map((user) => describeUser(call, user)), ...rest }
  },

  UpdateUser(call, { UserName, NewUserName, NewPath }) {
    const user = permitted(call, userKind, UserName!)
    const name = NewUserName === undefined ? user.name : checkedName(NewUserName, "newUserName", userKind.nameLengthMax)
    const path = NewPath === undefined ? user.path : checkedPath(NewPath, "newPath")
    const renamed = { ...user, name, path }
    call.authorize(arnOfNamed(call, userKind, renamed))
    if (users.key(renamed) !== users.key(user)) {
      if (call.tx.get(users, users.key(renamed)) !== undefined) throw alreadyExists(userKind.taken(name))
      call.tx.delete(users, users.key(user))
    }
    call.tx.put(users, renamed)
    return {}
  },

  DeleteUser(call, { UserName }) {
    const user = permitted(call, userKind, UserName!)
    if (call.tx.anywhere.installation.some(accessKeys, "user", user.id)) {
      throw conflict("Cannot delete entity, must delete access keys first.")
    }
    if (user.attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.")
    if (Object.keys(user.inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.")
    if (user.groups.length > 0) throw conflict("Cannot delete entity, must remove user from group first.")
    call.tx.delete(users, users.key(user))
    return {}
  },
} satisfies Operations<typeof sdk>

export function describeUser(call: Call, user: User): sdk.User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: arnOfNamed(call, userKind, user),
    CreateDate: new Date(user.createdAt),
    ...boundaryOf(user),
  }
}

/** The name of the user who asks; undefined for an account's root. */
export function ownName({ principal: { identity } }: Call): string | undefined {
  if (identity === undefined) return undefined
  const [, name] = /:user\/(?:.*\/)?([^/]+)$/.exec(identity) ?? []
  if (name === undefined) throw invalid("Must specify userName when calling with non-User credentials")
  return name
}

function root({ principal: { arn, account }, tx }: Call): sdk.User {
  const created = tx.anywhere.installation.get(accounts, account)?.createdAt ?? 0
  return { Path: "/", UserName: "root", UserId: account, Arn: arn, CreateDate: new Date(created) }
}
