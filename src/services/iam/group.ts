import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import type { Tx } from "../../store/transaction.ts"
import { alreadyExists, conflict, noSuchEntity, overQuota } from "./fault.ts"
import { arnOfNamed, find, groupKind, permitted, userKind } from "./kind.ts"
import { listed } from "./listing.ts"
import { checkedName, checkedPath, checkedPrefix, newEntityId } from "./names.ts"
import { type Group, groups, type User, users } from "./tables.ts"
import { describeUser } from "./user.ts"

const GROUPS_MAX = 300
const GROUPS_OF_USER_MAX = 10

export const groupOperations = {
  CreateGroup(call, { GroupName, Path }) {
    const name = checkedName(GroupName!, "groupName", groupKind.nameLengthMax)
    const path = checkedPath(Path)
    call.authorize(arnOfNamed(call, groupKind, { name, path }))
    if (call.tx.get(groups, name.toLowerCase()) !== undefined) throw alreadyExists(groupKind.taken(name))
    if (call.tx.count(groups) >= GROUPS_MAX) throw overQuota("GroupsPerAccount", GROUPS_MAX)
    const id = newEntityId(call.random, "AGPA")
    const group: Group = { name, path, id, createdAt: call.now, inline: {}, attached: [], boundary: undefined }
    call.tx.put(groups, group)
    return { Group: describeGroup(call, group) }
  },

  GetGroup(call, { GroupName, ...input }) {
    const group = permitted(call, groupKind, GroupName!)
    const members = call.tx.list(users, { where: ["group", group.id] })
    const { page, rest } = listed(call, input, members, users.key, { group: group.id })
    return { Group: describeGroup(call, group), Users: page.map((user) => describeUser(call, user)), ...rest }
  },

  ListGroups(call, { PathPrefix, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    call.authorize(arnOfNamed(call, groupKind, { path: prefix, name: "" }))
    const found = call.tx.list(groups).filter(({ path }) => path.startsWith(prefix))
    const { page, rest } = listed(call, input, found, groups.key, { prefix })
    return { Groups: page.map((group) => describeGroup(call, group)), ...rest }
  },

  UpdateGroup(call, { GroupName, NewGroupName, NewPath }) {
    const group = permitted(call, groupKind, GroupName!)
    const name =
      NewGroupName === undefined ? group.name : checkedName(NewGroupName, "newGroupName", groupKind.nameLengthMax)
    const path = NewPath === undefined ? group.path : checkedPath(NewPath, "newPath")
    const renamed = { ...group, name, path }
    call.authorize(arnOfNamed(call, groupKind, renamed))
    if (groups.key(renamed) !== groups.key(group)) {
      if (call.tx.get(groups, groups.key(renamed)) !== undefined) throw alreadyExists(groupKind.taken(name))
      call.tx.delete(groups, groups.key(group))
    }
    call.tx.put(groups, renamed)
    return {}
  },

  DeleteGroup(call, { GroupName }) {
    const group = permitted(call, groupKind, GroupName!)
    if (call.tx.some(users, "group", group.id)) {
      throw conflict("Cannot delete entity, must remove users from group first.")
    }
    if (group.attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.")
    if (Object.keys(group.inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.")
    call.tx.delete(groups, groups.key(group))
    return {}
  },

  AddUserToGroup(call, { GroupName, UserName }) {
    const group = permitted(call, groupKind, GroupName!)
    const user = member(call, UserName!)
    if (user.groups.includes(group.id)) return {}
    if (user.groups.length >= GROUPS_OF_USER_MAX) throw overQuota("GroupsPerUser", GROUPS_OF_USER_MAX)
    call.tx.put(users, { ...user, groups: [...user.groups, group.id] })
    return {}
  },

  RemoveUserFromGroup(call, { GroupName, UserName }) {
    const group = permitted(call, groupKind, GroupName!)
    const user = member(call, UserName!)
    if (!user.groups.includes(group.id)) {
      throw noSuchEntity(`The user with name ${user.name} is not in the group with name ${group.name}.`)
    }
    call.tx.put(users, { ...user, groups: user.groups.filter((id) => id !== group.id) })
    return {}
  },

  ListGroupsForUser(call, { UserName, ...input }) {
    const user = permitted(call, userKind, UserName!)
    const found = groupsOf(call.tx, user)
    const { page, rest } = listed(call, input, found, groups.key, { user: user.id })
    return { Groups: page.map((group) => describeGroup(call, group)), ...rest }
  },
} satisfies Operations<typeof sdk>

/** In the order of their names. */
export function groupsOf(tx: Tx, { groups: ids }: User): readonly Group[] {
  return ids.flatMap((id) => tx.where(groups, "id", id)).sort((a, b) => compareStrings(groups.key(a), groups.key(b)))
}

export function describeGroup(call: Call, group: Group): sdk.Group {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: arnOfNamed(call, groupKind, group),
    CreateDate: new Date(group.createdAt),
  }
}

/** Who joins or leaves; it is the group that AWS asks policies about. */
function member(call: Call, name: string): User {
  const user = find(call.tx, userKind, checkedName(name, "userName", userKind.nameLengthMax))
  if (user === undefined) throw noSuchEntity(userKind.missing(name))
  return user
}
