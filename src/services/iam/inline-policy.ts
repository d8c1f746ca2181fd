import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import { boundaryCondition } from "./boundary.ts"
import { checkedIdentityDocument, lengthOf } from "./document.ts"
import { fault, noSuchEntity } from "./fault.ts"
import { changeable, type EntityKind, find, groupKind, permitted, roleKind, userKind } from "./kind.ts"
import { listed, type PageInput } from "./listing.ts"
import { asUrl, checkedName } from "./names.ts"
import type { Entity } from "./tables.ts"

export const inlinePolicyOperations = {
  PutUserPolicy: (call, input) => put(call, userKind, input.UserName!, input),
  GetUserPolicy: (call, { UserName, PolicyName }) => ({ UserName, ...get(call, userKind, UserName!, PolicyName!) }),
  DeleteUserPolicy: (call, { UserName, PolicyName }) => remove(call, userKind, UserName!, PolicyName!),
  ListUserPolicies: (call, { UserName, ...page }) => list(call, userKind, UserName!, page),

  PutGroupPolicy: (call, input) => put(call, groupKind, input.GroupName!, input),
  GetGroupPolicy: (call, { GroupName, PolicyName }) => ({
    GroupName,
    ...get(call, groupKind, GroupName!, PolicyName!),
  }),
  DeleteGroupPolicy: (call, { GroupName, PolicyName }) => remove(call, groupKind, GroupName!, PolicyName!),
  ListGroupPolicies: (call, { GroupName, ...page }) => list(call, groupKind, GroupName!, page),

  PutRolePolicy: (call, input) => put(call, roleKind, input.RoleName!, input),
  GetRolePolicy: (call, { RoleName, PolicyName }) => ({ RoleName, ...get(call, roleKind, RoleName!, PolicyName!) }),
  DeleteRolePolicy: (call, { RoleName, PolicyName }) => remove(call, roleKind, RoleName!, PolicyName!),
  ListRolePolicies: (call, { RoleName, ...page }) => list(call, roleKind, RoleName!, page),
} satisfies Operations<typeof sdk>

interface SentPolicy {
  readonly PolicyName: string | undefined
  readonly PolicyDocument: string | undefined
}

function put<E extends Entity>(
  call: Call,
  kind: EntityKind<E>,
  name: string,
  { PolicyName, PolicyDocument }: SentPolicy,
): object {
  const policyName = checkedName(PolicyName!, "policyName", POLICY_NAME_LENGTH_MAX)
  const entity = changeable(call, kind, name, boundaryCondition(find(call.tx, kind, name)))
  const inline = { ...entity.inline, [policyName]: checkedIdentityDocument(PolicyDocument!) }
  const length = Object.values(inline).reduce((sum, document) => sum + lengthOf(document), 0)
  if (length > kind.inlineLengthMax) {
    throw fault(
      "LimitExceededException",
      `Maximum policy size of ${kind.inlineLengthMax} bytes exceeded for ${kind.type} ${name}`,
    )
  }
  call.tx.put(kind.table, { ...entity, inline })
  return {}
}

function get<E extends Entity>(call: Call, kind: EntityKind<E>, name: string, policyName: string) {
  checkedName(policyName, "policyName", POLICY_NAME_LENGTH_MAX)
  const { inline } = permitted(call, kind, name)
  return { PolicyName: policyName, PolicyDocument: asUrl(existing(inline, kind, policyName)) }
}

function remove<E extends Entity>(call: Call, kind: EntityKind<E>, name: string, policyName: string): object {
  checkedName(policyName, "policyName", POLICY_NAME_LENGTH_MAX)
  const entity = changeable(call, kind, name, boundaryCondition(find(call.tx, kind, name)))
  existing(entity.inline, kind, policyName)
  const { [policyName]: _, ...inline } = entity.inline
  call.tx.put(kind.table, { ...entity, inline })
  return {}
}

function list<E extends Entity>(call: Call, kind: EntityKind<E>, name: string, input: PageInput) {
  const { id, inline } = permitted(call, kind, name)
  const names = Object.keys(inline).sort(compareStrings)
  const { page, rest } = listed(call, input, names, (policyName) => policyName, { id })
  return { PolicyNames: [...page], ...rest }
}

function existing<E extends Entity>(inline: Entity["inline"], { type }: EntityKind<E>, policyName: string): string {
  const document = Object.hasOwn(inline, policyName) ? inline[policyName] : undefined
  if (document === undefined) throw noSuchEntity(`The ${type} policy with name ${policyName} cannot be found.`)
  return document
}

const POLICY_NAME_LENGTH_MAX = 128
