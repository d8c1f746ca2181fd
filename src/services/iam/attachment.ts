import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import { boundaryCondition } from "./boundary.ts"
import { fault, noSuchEntity, overQuota } from "./fault.ts"
import { changeable, type EntityKind, find, groupKind, permitted, roleKind, userKind } from "./kind.ts"
import { listed, type PageInput } from "./listing.ts"
import { checkedPrefix } from "./names.ts"
import { existingPolicy, findPolicy, permittedPolicy } from "./policy-name.ts"
import { SERVICE_PATH } from "./role.ts"
import { type Entity, groups, roles, users } from "./tables.ts"

const ATTACHED_MAX = 10

export const attachmentOperations = {
  AttachUserPolicy: (call, { UserName, PolicyArn }) => attach(call, userKind, UserName!, PolicyArn!),
  DetachUserPolicy: (call, { UserName, PolicyArn }) => detach(call, userKind, UserName!, PolicyArn!),
  ListAttachedUserPolicies: (call, { UserName, ...page }) => list(call, userKind, UserName!, page),

  AttachGroupPolicy: (call, { GroupName, PolicyArn }) => attach(call, groupKind, GroupName!, PolicyArn!),
  DetachGroupPolicy: (call, { GroupName, PolicyArn }) => detach(call, groupKind, GroupName!, PolicyArn!),
  ListAttachedGroupPolicies: (call, { GroupName, ...page }) => list(call, groupKind, GroupName!, page),

  AttachRolePolicy: (call, { RoleName, PolicyArn }) => attach(call, roleKind, RoleName!, PolicyArn!),
  DetachRolePolicy: (call, { RoleName, PolicyArn }) => detach(call, roleKind, RoleName!, PolicyArn!),
  ListAttachedRolePolicies: (call, { RoleName, ...page }) => list(call, roleKind, RoleName!, page),

  ListEntitiesForPolicy(call, { PolicyArn, EntityFilter, PathPrefix, PolicyUsageFilter, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    const { arn } = permittedPolicy(call, PolicyArn!)
    const asBoundary = PolicyUsageFilter === "PermissionsBoundary"
    const wants = (type: sdk.EntityType) => EntityFilter === undefined || EntityFilter === type
    const index = asBoundary ? "boundary" : "attached"
    const all = [
      ...(wants("User") ? call.tx.where(users, index, arn).map((entity) => ({ type: "user", entity })) : []),
      ...(wants("Role") ? call.tx.where(roles, index, arn).map((entity) => ({ type: "role", entity })) : []),
      ...(wants("Group") && !asBoundary
        ? call.tx.where(groups, "attached", arn).map((entity) => ({ type: "group", entity }))
        : []),
    ]
    const position = ({ type, entity }: (typeof all)[number]) => `${type}/${entity.name.toLowerCase()}`
    const found = all
      .filter(({ entity }) => entity.path.startsWith(prefix))
      .sort((a, b) => compareStrings(position(a), position(b)))
    const filters = { arn, prefix, EntityFilter, PolicyUsageFilter }
    const { page, rest } = listed(call, input, found, position, filters)
    const of = (type: string) => page.filter((each) => each.type === type).map(({ entity }) => entity)
    return {
      PolicyGroups: of("group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...rest,
    }
  },
} satisfies Operations<typeof sdk>

function attach<E extends Entity>(call: Call, kind: EntityKind<E>, name: string, arn: string): object {
  const entity = changeable(call, kind, name, conditionsOf(find(call.tx, kind, name), arn))
  const policy = existingPolicy(call, arn, () => noSuchEntity(`Policy ${arn} does not exist or is not attachable.`))
  if (policy.path.startsWith(SERVICE_PATH)) {
    throw fault("PolicyNotAttachableException", "Cannot attach a Service Role Policy to a Customer Role.")
  }
  if (entity.attached.includes(arn)) return {}
  if (entity.attached.length >= ATTACHED_MAX) throw overQuota(`PoliciesPer${kind.word}`, ATTACHED_MAX)
  call.tx.put(kind.table, { ...entity, attached: [...entity.attached, arn] })
  return {}
}

function detach<E extends Entity>(call: Call, kind: EntityKind<E>, name: string, arn: string): object {
  const entity = changeable(call, kind, name, conditionsOf(find(call.tx, kind, name), arn))
  if (!entity.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`)
  call.tx.put(kind.table, { ...entity, attached: entity.attached.filter((each) => each !== arn) })
  return {}
}

function list<E extends Entity>(
  call: Call,
  kind: EntityKind<E>,
  name: string,
  { PathPrefix, ...input }: PageInput & { readonly PathPrefix?: string | undefined },
) {
  const prefix = checkedPrefix(PathPrefix)
  const { id, attached } = permitted(call, kind, name)
  const found = attachedPolicies(call, attached).filter(({ path }) => path.startsWith(prefix))
  const { page, rest } = listed(call, input, found, ({ arn }) => arn, { id, prefix })
  return { AttachedPolicies: page.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest }
}

/** In the order of their ARNs. */
export function attachedPolicies({ tx }: Pick<Call, "tx">, attached: readonly string[]) {
  return attached.flatMap((arn) => findPolicy(tx, arn) ?? []).sort((a, b) => compareStrings(a.arn, b.arn))
}

function conditionsOf(entity: Entity | undefined, arn: string) {
  return { ...boundaryCondition(entity), "iam:PolicyARN": arn }
}
