import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { noSuchEntity } from "./fault.ts"
import { changeable, permitted, roleKind, userKind } from "./kind.ts"
import { existingPolicy } from "./policy-name.ts"
import { type Entity, roles, users } from "./tables.ts"

export const boundaryOperations = {
  PutUserPermissionsBoundary(call, { UserName, PermissionsBoundary }) {
    const user = permitted(call, userKind, UserName!, { "iam:PermissionsBoundary": PermissionsBoundary })
    call.tx.put(users, { ...user, boundary: checkedBoundary(call, PermissionsBoundary) })
    return {}
  },

  DeleteUserPermissionsBoundary(call, { UserName }) {
    const { tx } = call
    const user = permitted(call, userKind, UserName!, boundaryCondition(tx.get(users, UserName!.toLowerCase())))
    if (user.boundary === undefined) throw noBoundary("user", user.name)
    tx.put(users, { ...user, boundary: undefined })
    return {}
  },

  PutRolePermissionsBoundary(call, { RoleName, PermissionsBoundary }) {
    const role = changeable(call, roleKind, RoleName!, { "iam:PermissionsBoundary": PermissionsBoundary })
    call.tx.put(roles, { ...role, boundary: checkedBoundary(call, PermissionsBoundary) })
    return {}
  },

  DeleteRolePermissionsBoundary(call, { RoleName }) {
    const { tx } = call
    const role = changeable(call, roleKind, RoleName!, boundaryCondition(tx.get(roles, RoleName!.toLowerCase())))
    if (role.boundary === undefined) throw noBoundary("role", role.name)
    tx.put(roles, { ...role, boundary: undefined })
    return {}
  },
} satisfies Operations<typeof sdk>

/** The ARN of a policy that is there; undefined where none was sent. */
export function checkedBoundary(call: Call, arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined
  existingPolicy(call, arn, () => noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`))
  return arn
}

/** What an operation that changes what somebody may says of the boundary around it. */
export function boundaryCondition(entity: Entity | undefined) {
  return { "iam:PermissionsBoundary": entity?.boundary }
}

export function boundaryOf({ boundary }: Entity) {
  if (boundary === undefined) return {}
  const attached: sdk.AttachedPermissionsBoundary = {
    PermissionsBoundaryType: "PermissionsBoundaryPolicy",
    PermissionsBoundaryArn: boundary,
  }
  return { PermissionsBoundary: attached }
}

function noBoundary(word: string, name: string) {
  return noSuchEntity(`The ${word} ${name} has no permissions boundary.`)
}
