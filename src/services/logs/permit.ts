import type { Conditions } from "../../aws/authorizer.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call } from "../../aws/operations.ts"
import { requestTagConditions, resourceTagConditions, type Tag } from "../../aws/tags.ts"
import { groupArn, groupResource, type NamedGroup } from "./names.ts"
import { logGroups } from "./tables.ts"

/** Asks whether the caller may do this to a group or to a stream of it; a stream has the tags of its group. */
export function permit(call: Call, named: NamedGroup, resource: string, conditions: Conditions = {}): void {
  call.authorize(resource, () => ({ ...conditions, ...groupConditions(call, named) }))
}

/** For a group that is about to be made. Either permission to tag one will do for its tags. */
export function permitMaking(call: Call, name: string, tags: readonly Tag[]): void {
  const conditions = requestTagConditions(tags)
  call.authorize(groupResource(call, name), conditions)
  if (tags.length === 0) return
  try {
    call.authorizeAlso("logs:TagLogGroup", groupResource(call, name), conditions)
  } catch (error) {
    if (!(error instanceof CommonFault)) throw error
    call.authorizeAlso("logs:TagResource", groupArn(call, name), conditions)
  }
}

function groupConditions({ account, region, tx }: Call, named: NamedGroup): Conditions {
  const isOwn = named.account === account && named.region === region
  return resourceTagConditions((isOwn && tx.get(logGroups, named.name)?.tags) || [])
}
