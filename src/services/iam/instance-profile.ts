import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { alreadyExists, conflict, noSuchEntity, overQuota } from "./fault.ts"
import { arnOfNamed, find, permitted, profileKind, roleKind } from "./kind.ts"
import { listed } from "./listing.ts"
import { checkedName, checkedPath, checkedPrefix, newEntityId } from "./names.ts"
import { describeRole } from "./role.ts"
import { type InstanceProfile, instanceProfiles, type Role } from "./tables.ts"
import { adding } from "./tag.ts"

const PROFILES_MAX = 1000
const NAME_LENGTH_MAX = 128

export const instanceProfileOperations = {
  CreateInstanceProfile(call, { InstanceProfileName, Path, Tags }) {
    const name = checkedName(InstanceProfileName!, "instanceProfileName", NAME_LENGTH_MAX)
    const path = checkedPath(Path)
    const { added, conditions } = adding(Tags)
    call.authorize(arnOfNamed(call, profileKind, { name, path }), conditions)
    if (call.tx.get(instanceProfiles, name.toLowerCase()) !== undefined) throw alreadyExists(profileKind.taken(name))
    if (call.tx.count(instanceProfiles) >= PROFILES_MAX) throw overQuota("InstanceProfilesPerAccount", PROFILES_MAX)
    const profile: InstanceProfile = {
      name,
      path,
      id: newEntityId(call.random, "AIPA"),
      createdAt: call.now,
      role: undefined,
      tags: added,
    }
    call.tx.put(instanceProfiles, profile)
    return { InstanceProfile: describeProfile(call, profile) }
  },

  GetInstanceProfile(call, { InstanceProfileName }) {
    return { InstanceProfile: describeProfile(call, permitted(call, profileKind, InstanceProfileName!)) }
  },

  ListInstanceProfiles(call, { PathPrefix, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    call.authorize(arnOfNamed(call, profileKind, { path: prefix, name: "" }))
    const found = call.tx.list(instanceProfiles).filter(({ path }) => path.startsWith(prefix))
    const { page, rest } = listed(call, input, found, instanceProfiles.key, { prefix })
    return { InstanceProfiles: page.map((profile) => describeProfile(call, profile)), ...rest }
  },

  ListInstanceProfilesForRole(call, { RoleName, ...input }) {
    const role = permitted(call, roleKind, RoleName!)
    const found = call.tx.list(instanceProfiles, { where: ["role", role.name] })
    const { page, rest } = listed(call, input, found, instanceProfiles.key, { role: role.id })
    return { InstanceProfiles: page.map((profile) => describeProfile(call, profile)), ...rest }
  },

  DeleteInstanceProfile(call, { InstanceProfileName }) {
    const profile = permitted(call, profileKind, InstanceProfileName!)
    if (profile.role !== undefined)
      throw conflict("Cannot delete entity, must remove roles from instance profile first.")
    call.tx.delete(instanceProfiles, instanceProfiles.key(profile))
    return {}
  },

  AddRoleToInstanceProfile(call, { InstanceProfileName, RoleName }) {
    const profile = permitted(call, profileKind, InstanceProfileName!)
    const { name, path } = existingRole(call, RoleName!)
    // What holds the profile will act as the role, so whoever puts it there passes it.
    const toMachines = { "iam:PassedToService": "ec2.amazonaws.com" }
    call.authorizeAlso("iam:PassRole", arnOfNamed(call, roleKind, { name, path }), toMachines)
    if (profile.role !== undefined) throw overQuota("InstanceSessionsPerInstanceProfile", 1)
    call.tx.put(instanceProfiles, { ...profile, role: name })
    return {}
  },

  RemoveRoleFromInstanceProfile(call, { InstanceProfileName, RoleName }) {
    const profile = permitted(call, profileKind, InstanceProfileName!)
    const { name } = existingRole(call, RoleName!)
    if (profile.role !== name) throw noSuchEntity(`Role ${name} is not in the instance profile ${profile.name}.`)
    call.tx.put(instanceProfiles, { ...profile, role: undefined })
    return {}
  },
} satisfies Operations<typeof sdk>

export function describeProfile(call: Call, profile: InstanceProfile): sdk.InstanceProfile {
  const role = profile.role === undefined ? undefined : find(call.tx, roleKind, profile.role)
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: arnOfNamed(call, profileKind, profile),
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [describeRole(call, role)],
    Tags: inCapitals(profile.tags),
  }
}

function existingRole({ tx }: Call, name: string): Role {
  const role = find(tx, roleKind, checkedName(name, "roleName", roleKind.nameLengthMax))
  if (role === undefined) throw noSuchEntity(roleKind.missing(name))
  return role
}
