import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { requestTagConditions, type Tag } from "../../aws/tags.ts"
import { effectiveSetting } from "./account-setting.ts"
import { tagConditions } from "./tag.ts"

/** Asks whether the caller may do this to these resources, each with the tags that it has. */
export function permit(call: Call, resources: string | readonly string[], conditions = (): Conditions => ({})): void {
  call.authorize(resources, (arn) => ({ ...conditions(), ...tagConditions(call.tx, arn) }))
}

/** For what is about to be made. To give it tags as well is a permission of its own, unless the account has turned that off. */
export function permitMaking(call: Call, making: Making): void {
  const { arn, tags, on = arn, conditions = () => ({}) } = making
  permit(call, on, () => ({ ...requestTagConditions(tags), ...conditions() }))
  // A machine's own key may tag what it may make, and nothing that is there.
  if (tags.length === 0 || call.principal.only !== undefined) return
  if (effectiveSetting(call, "tagResourceAuthorization").value !== "on") return
  call.authorizeAlso("ecs:TagResource", arn, () => ({
    ...requestTagConditions(tags),
    "ecs:CreateAction": call.operation,
  }))
}

export interface Making {
  /** Ends in `*` for what gets its id or number only when it is made. */
  readonly arn: string
  readonly tags: readonly Tag[]

  /** What policies are asked about, where that is something else: to run a task is to do something with its definition. */
  readonly on?: string
  readonly conditions?: () => Conditions
}
