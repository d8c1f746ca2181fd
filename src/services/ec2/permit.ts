import { arnOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import { Fault } from "../../aws/fault.ts"
import type { Call } from "../../aws/operations.ts"
import { requestTagConditions, type Tag } from "../../aws/tags.ts"
import { resourceConditions } from "./conditions.ts"
import { find, type Kind } from "./resource.ts"

export interface Rehearsal {
  readonly DryRun?: boolean | undefined
}

/** Asks whether the caller may do this to these, as in `vpc/vpc-0…`. A caller who only wanted to know that learns it here. */
export function permit(
  call: Call,
  rehearsal: Rehearsal,
  resources: string | readonly string[],
  conditions: Conditions = {},
): void {
  ask(call, resources, () => conditions)
  endRehearsal(rehearsal)
}

/** For what is about to be made with these tags, and the others that it is made in or of. */
export function permitMaking(
  call: Call,
  rehearsal: Rehearsal,
  kind: Pick<Kind<never>, "type">,
  tags: readonly Tag[],
  others: readonly string[] = [],
  conditions = (): Conditions => ({}),
): void {
  ask(call, `${kind.type}/*`, () => ({ ...requestTagConditions(tags), ...conditions() }))
  if (others.length > 0) ask(call, others)
  permitTagging(call, kind, tags)
  endRehearsal(rehearsal)
}

/** To give tags to what is being made is a permission of its own. */
export function permitTagging(call: Call, { type }: Pick<Kind<never>, "type">, tags: readonly Tag[]): void {
  if (tags.length === 0) return
  call.authorizeAlso("ec2:CreateTags", arnOf("ec2", call, `${type}/*`), () => ({
    "ec2:Region": call.region,
    ...requestTagConditions(tags),
    "ec2:CreateAction": call.operation,
  }))
}

/** The resource that an operation acts on, once it is known that the caller may do so, to it and to the others that it names. */
export function permitted<R extends object>(
  call: Call,
  rehearsal: Rehearsal,
  kind: Kind<R>,
  id: string,
  others: readonly string[] = [],
): R {
  permit(call, rehearsal, [`${kind.type}/${id}`, ...others])
  return find(call.tx, kind, id)
}

/** Resources of several kinds have each their own conditions, and a policy has to allow them all. */
function ask(call: Call, resources: string | readonly string[], conditions = (): Conditions => ({})): void {
  const named = typeof resources === "string" ? [resources] : resources
  for (const resource of named.length === 0 ? ["*"] : named) {
    call.authorize(resource === "*" ? "*" : arnOf("ec2", call, resource), () => ({
      ...resourceConditions(call, resource),
      ...conditions(),
    }))
  }
}

function endRehearsal({ DryRun }: Rehearsal): void {
  if (DryRun) {
    throw new Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 })
  }
}
