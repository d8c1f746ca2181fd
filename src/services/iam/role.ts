import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { boundaryOf, checkedBoundary } from "./boundary.ts"
import { checkedTrust } from "./document.ts"
import { alreadyExists, conflict, invalid, overQuota } from "./fault.ts"
import { arnOfNamed, changeable, permitted, roleKind } from "./kind.ts"
import { listed } from "./listing.ts"
import { asUrl, checkedName, checkedPath, checkedPrefix, checkLength, checkRange, newEntityId } from "./names.ts"
import { instanceProfiles, type Role, roles } from "./tables.ts"
import { adding } from "./tag.ts"

const ROLES_MAX = 1000
const SESSION_SECONDS_MIN = 3600
const SESSION_SECONDS_MAX = 43_200

/** Roles below it are services' own. */
export const SERVICE_PATH = "/aws-service-role/"

export const roleOperations = {
  CreateRole(call, input) {
    const name = checkedName(input.RoleName!, "roleName", roleKind.nameLengthMax)
    const path = checkedPath(input.Path)
    const description = checkedDescription(input.Description)
    const sessionSecondsMax = checkedSession(input.MaxSessionDuration) ?? SESSION_SECONDS_MIN
    const { added, conditions } = adding(input.Tags)
    const boundary = input.PermissionsBoundary
    call.authorize(arnOfNamed(call, roleKind, { name, path }), {
      ...conditions,
      "iam:PermissionsBoundary": boundary,
    })
    if (path.startsWith(SERVICE_PATH)) {
      throw invalid(
        `The path ${SERVICE_PATH} is for service-linked roles. Use CreateServiceLinkedRole for one of them.`,
      )
    }
    const trust = checkedTrust(call.tx, input.AssumeRolePolicyDocument!)
    checkQuota(call)
    const role = addRole(call, {
      name,
      path,
      description,
      sessionSecondsMax,
      trust,
      attached: [],
      boundary: checkedBoundary(call, boundary),
      tags: added,
      linkedTo: undefined,
    })
    const { Description: _, MaxSessionDuration: __, ...made } = describeRole(call, role)
    return { Role: { ...made, ...(added.length > 0 && { Tags: inCapitals(added) }) } }
  },

  GetRole(call, { RoleName }) {
    const role = permitted(call, roleKind, RoleName!)
    return { Role: describeWhole(call, role) }
  },

  ListRoles(call, { PathPrefix, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    call.authorize(arnOfNamed(call, roleKind, { path: prefix, name: "" }))
    const found = call.tx.list(roles).filter(({ path }) => path.startsWith(prefix))
    const { page, rest } = listed(call, input, found, roles.key, { prefix })
    return { Roles: page.map((role) => describeRole(call, role)), ...rest }
  },

  UpdateRole(call, { RoleName, Description, MaxSessionDuration }) {
    const role = changeable(call, roleKind, RoleName!)
    const changed: Role = {
      ...role,
      description: checkedDescription(Description) ?? role.description,
      sessionSecondsMax: checkedSession(MaxSessionDuration) ?? role.sessionSecondsMax,
    }
    call.tx.put(roles, changed)
    return {}
  },

  /** The only thing about a service's own role that its account may change. */
  UpdateRoleDescription(call, { RoleName, Description }) {
    const role: Role = { ...permitted(call, roleKind, RoleName!), description: checkedDescription(Description) }
    call.tx.put(roles, role)
    return { Role: describeRole(call, role) }
  },

  UpdateAssumeRolePolicy(call, { RoleName, PolicyDocument }) {
    const role = changeable(call, roleKind, RoleName!)
    call.tx.put(roles, { ...role, trust: checkedTrust(call.tx, PolicyDocument!) })
    return {}
  },

  DeleteRole(call, { RoleName }) {
    const role = changeable(call, roleKind, RoleName!)
    if (call.tx.some(instanceProfiles, "role", role.name)) {
      throw conflict("Cannot delete entity, must remove roles from instance profile first.")
    }
    if (role.attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.")
    if (Object.keys(role.inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.")
    call.tx.delete(roles, roles.key(role))
    return {}
  },
} satisfies Operations<typeof sdk>

/** Makes a role whose name nobody has yet. */
export function addRole(call: Call, properties: Omit<Role, "id" | "createdAt" | "inline">): Role {
  const role: Role = { ...properties, id: newEntityId(call.random, "AROA"), createdAt: call.now, inline: {} }
  if (call.tx.get(roles, roles.key(role)) !== undefined) throw alreadyExists(roleKind.taken(role.name))
  call.tx.put(roles, role)
  return role
}

/** For whoever asks for a role; one that a service needs for itself it makes all the same. */
export function checkQuota({ tx }: Call): void {
  if (tx.count(roles) >= ROLES_MAX) throw overQuota("RolesPerAccount", ROLES_MAX)
}

/** As listings show it: without tags and boundary. */
export function describeRole(call: Call, role: Role): sdk.Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: arnOfNamed(call, roleKind, role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: asUrl(role.trust),
    ...(role.description !== undefined && { Description: role.description }),
    MaxSessionDuration: role.sessionSecondsMax,
  }
}

export function describeWhole(call: Call, role: Role): sdk.Role {
  return {
    ...describeRole(call, role),
    ...boundaryOf(role),
    ...(role.tags.length > 0 && { Tags: inCapitals(role.tags) }),
  }
}

function checkedDescription(description: string | undefined): string | undefined {
  if (description !== undefined) checkLength(description, "description", 0, 1000)
  return description
}

function checkedSession(seconds: number | undefined): number | undefined {
  if (seconds !== undefined) checkRange(seconds, "maxSessionDuration", SESSION_SECONDS_MIN, SESSION_SECONDS_MAX)
  return seconds
}
