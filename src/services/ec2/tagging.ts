import type * as sdk from "@aws-sdk/client-ec2"
import type { Fault } from "../../aws/fault.ts"
import {
  addTags,
  checkTags,
  fromCapitals,
  inCapitals,
  removeTags,
  type SentTag,
  type Tag,
  type TagProblem,
  type TagRules,
} from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, invalidValue } from "./fault.ts"
import { resourceTags } from "./tables.ts"

export function tagsOf(tx: Tx, resourceId: string): readonly Tag[] {
  return tx.get(resourceTags, resourceId)?.tags ?? []
}

/** As every answer of EC2 shows them. */
export function shownTags(tx: Tx, resourceId: string): sdk.Tag[] {
  return inCapitals(tagsOf(tx, resourceId))
}

/** Replaces all tags of a resource. */
export function putTags(tx: Tx, resourceType: string, resourceId: string, tags: readonly Tag[]): void {
  if (tags.length > 0) tx.put(resourceTags, { resourceId, resourceType, tags })
  else if (tx.get(resourceTags, resourceId) !== undefined) tx.delete(resourceTags, resourceId)
}

export function addToTags(tx: Tx, resourceType: string, resourceId: string, added: readonly Tag[]): void {
  putTags(tx, resourceType, resourceId, addTags(tagsOf(tx, resourceId), added, RULES))
}

/** A tag is taken away by its key, and where the caller names a value as well, only if it has that one. */
export function takeFromTags(tx: Tx, resourceType: string, resourceId: string, sent: readonly sdk.Tag[]): void {
  const present = tagsOf(tx, resourceId)
  const keys = sent.flatMap(({ Key = "", Value }) =>
    Value === undefined || present.some(({ key, value }) => key === Key && value === Value) ? Key : [],
  )
  putTags(tx, resourceType, resourceId, removeTags(present, keys, RULES))
}

export function checkedTags(sent: readonly sdk.Tag[] | undefined): readonly Tag[] {
  return checkTags(fromCapitals(sent ?? []), RULES)
}

/** The tags that a request asks for on what it makes; it may name a kind of resource once, and none that it does not make. */
export function tagsAsked(
  specifications: readonly sdk.TagSpecification[] | undefined,
  resourceType: string,
): readonly Tag[] {
  const seen = new Set<string>()
  let asked: readonly Tag[] = []
  for (const { ResourceType, Tags } of specifications ?? []) {
    if (ResourceType === undefined) throw invalidValue("Tag specification resource type must have a value")
    if (ResourceType !== resourceType) {
      throw invalidValue(`'${ResourceType}' is not a valid taggable resource type for this operation.`)
    }
    if (seen.has(ResourceType)) {
      throw invalidValue(`Duplicate resource type '${ResourceType}' found in tag specifications`)
    }
    if (Tags === undefined || Tags.length === 0) throw invalidValue("Tag specification must have at least one tag")
    seen.add(ResourceType)
    asked = checkedTags(Tags)
  }
  return asked
}

const RULES: TagRules = {
  valueByDefault: "",
  refuse: (problem, tag) => PROBLEMS[problem](tag),
}

const PROBLEMS: Readonly<Record<TagProblem, (tag: SentTag) => Fault>> = {
  "too many": () => fault("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."),
  "no key": () => invalidValue("Tag key cannot be null or empty"),
  "no value": () => invalidValue("Tag value cannot be null. Use empty string instead."),
  "key too long": () => invalidValue("Tag key exceeds the maximum length of 128 characters"),
  "value too long": () => invalidValue("Tag value exceeds the maximum length of 256 characters"),
  "invalid key": ({ key }) => invalidValue(`Tag key '${key}' contains invalid characters`),
  "invalid value": ({ value }) => invalidValue(`Tag value '${value}' contains invalid characters`),
  "reserved key": () => invalidValue("Tag keys starting with 'aws:' are reserved for internal use"),
  "key twice": ({ key }) => invalidValue(`Duplicate tag key '${key}' specified.`),
}
