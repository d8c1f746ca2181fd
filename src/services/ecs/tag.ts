import type * as sdk from "@aws-sdk/client-ecs"
import { parseArn, resourceOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Fault } from "../../aws/fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import {
  addTags,
  checkTags,
  removeTags,
  requestTagConditions,
  resourceTagConditions,
  type SentTag,
  type Tag,
  type TagProblem,
  type TagRules,
} from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, invalid } from "./fault.ts"
import { taggedArn } from "./names.ts"
import { capacityProviders } from "./tables/capacity-provider.ts"
import { clusters } from "./tables/cluster.ts"
import { containerInstances } from "./tables/container-instance.ts"
import { services } from "./tables/service.ts"
import { resourceTags } from "./tables/tag.ts"
import { tasks } from "./tables/task.ts"
import { taskSets } from "./tables/task-set.ts"
import { findDefinition } from "./task-definition/find.ts"

export const tagOperations = {
  TagResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    const added = checkTags(input.tags!, rulesOf(kindOf(arn)))
    call.authorize(arn, () => ({ ...requestTagConditions(added), ...tagConditions(call.tx, arn) }))
    checkTaggable(call, arn)
    addToTags(call.tx, arn, added)
    return {}
  },

  UntagResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    const tags = tagsOf(call.tx, arn)
    call.authorize(arn, () => ({ "aws:TagKeys": input.tagKeys!, ...tagConditions(call.tx, arn) }))
    checkTaggable(call, arn)
    putTags(call.tx, arn, removeTags(tags, input.tagKeys!, rulesOf(kindOf(arn))))
    return {}
  },

  ListTagsForResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    call.authorize(arn, () => tagConditions(call.tx, arn))
    checkTaggable(call, arn)
    return { tags: [...tagsOf(call.tx, arn)] }
  },
} satisfies Operations<typeof sdk>

/** The tags of a request that makes something; a task definition has words of its own for those it cannot have. */
export function checkedTags(tags: readonly sdk.Tag[] | undefined, kind?: "task-definition"): readonly Tag[] {
  if (kind === "task-definition" && tags?.length === 0) throw fault("ClientException", "Tags can not be empty")
  return checkTags(tags ?? [], rulesOf(kind))
}

export function tagsOf(tx: Tx, arn: string): readonly Tag[] {
  return tx.get(resourceTags, arn)?.tags ?? []
}

/** What policies may ask of the tags that a resource has. */
export function tagConditions(tx: Tx, arn: string): Conditions {
  return resourceTagConditions(tagsOf(tx, arn), "ecs")
}

/** Replaces all tags of a resource. */
export function putTags(tx: Tx, arn: string, tags: readonly Tag[]): void {
  if (tags.length === 0) tx.delete(resourceTags, arn)
  else tx.put(resourceTags, { arn, tags })
}

/** A key that is there already takes the new value. */
export function addToTags(tx: Tx, arn: string, added: readonly Tag[]): void {
  putTags(tx, arn, addTags(tagsOf(tx, arn), added, rulesOf(kindOf(arn))))
}

/** A resource that ends is still shown for a while, tags and all. */
export function forgetTags(tx: Tx, arn: string, until: number | undefined): void {
  const tagged = tx.get(resourceTags, arn)
  if (tagged !== undefined) tx.put(resourceTags, { ...tagged, until })
}

/** Only what is there and alive can be tagged. */
function checkTaggable(call: Call, arn: string): void {
  const kind = kindOf(arn)
  if (kind === "task-definition") {
    // One can be tagged whatever its status, but by the full name of a revision only.
    if (findDefinition(call.tx, call, arn)?.arn === arn) return
    throw fault(
      "ClientException",
      "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
    )
  }
  const noun = kind.replaceAll("-", " ")
  const status = statusOf(call.tx, kind, arn)
  if (status === undefined) throw invalid(`The specified ${noun} does not exist.`)
  if (status === "STOPPED") throw invalid("The specified task is stopped. Specify a running task and try again.")
  if (status === "INACTIVE") {
    throw invalid(`The specified ${noun} is inactive. Specify an active ${noun} and try again.`)
  }
}

/** Undefined for what is not there. */
function statusOf(tx: Tx, kind: string, arn: string): string | undefined {
  switch (kind) {
    case "cluster":
      return tx.get(clusters, arn)?.status
    case "container-instance":
      return tx.get(containerInstances, arn)?.status
    case "task":
      return tx.get(tasks, arn)?.lastStatus
    case "service":
      return tx.get(services, arn)?.status
    case "task-set":
      return tx.get(taskSets, arn)?.status
    case "capacity-provider": {
      const provider = tx.get(capacityProviders, resourceOf(parseArn(arn)!).id)
      return provider?.arn === arn ? provider.status : undefined
    }
    default:
      return undefined
  }
}

function kindOf(arn: string): string {
  return resourceOf(parseArn(arn)!).type
}

function rulesOf(kind: string | undefined): TagRules {
  return kind === "task-definition" ? definitionRules : rules
}

const rules: TagRules = { refuse: (problem, tag) => refusal(problem, tag, invalid) }
const definitionRules: TagRules = {
  refuse: (problem, tag) => refusal(problem, tag, (sentence) => fault("ClientException", sentence)),
}

function refusal(problem: TagProblem, { key = "" }: SentTag, invalid: (sentence: string) => Fault): Fault {
  switch (problem) {
    case "too many":
      return fault("LimitExceededException", "The maximum number of tags per resource is 50.")
    case "no key":
      return invalid("Tag key can not be null or empty.")
    case "no value":
      return invalid("Tag value can not be null.")
    case "key too long":
      return invalid("Tag key can not be longer than 128 characters.")
    case "value too long":
      return invalid(`The value of tag ${key} can not be longer than 256 characters.`)
    case "invalid key":
    case "invalid value":
      return invalid(
        `The tag ${key} has characters that are not allowed. Use letters, numbers, spaces and _ . : / = + - @`,
      )
    case "reserved key":
      return invalid("Tag keys that begin with aws: are reserved for AWS.")
    case "key twice":
      return invalid(`The tag key ${key} is given more than once.`)
  }
}
