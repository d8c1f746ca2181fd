import { arnOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import { Fault } from "../../aws/fault.ts"
import type { Call } from "../../aws/operations.ts"
import { requestTagConditions, resourceTagConditions, type Tag } from "../../aws/tags.ts"
import { find, type Kind } from "./resource.ts"
import { tagsOf } from "./tagging.ts"

export interface Rehearsal {
  readonly DryRun?: boolean | undefined
}

/** Asks whether the caller may do this to these, as in `vpc/vpc-0…`. A caller who only wanted to know that learns it here. */
export function permit(
  call: Call,
  { DryRun }: Rehearsal,
  resources: string | readonly string[],
  conditions: Conditions = {},
): void {
  const named = typeof resources === "string" ? [resources] : resources
  call.authorize(
    named.map((resource) => (resource === "*" ? "*" : arnOf("ec2", call, resource))),
    conditions,
  )
  if (DryRun) {
    throw new Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 })
  }
}

/** For what is about to be made, with these tags. */
export function permitMaking(
  call: Call,
  rehearsal: Rehearsal,
  kind: Pick<Kind<never>, "type">,
  tags: readonly Tag[],
  others: readonly string[] = [],
): void {
  permit(call, rehearsal, [`${kind.type}/*`, ...others], requestTagConditions(tags))
}

/** The resource that an operation acts on, once it is known that the caller may. */
export function permitted<R extends object>(call: Call, rehearsal: Rehearsal, kind: Kind<R>, id: string): R {
  permit(call, rehearsal, `${kind.type}/${id}`, resourceTagConditions(tagsOf(call.tx, id)))
  return find(call.tx, kind, id)
}
