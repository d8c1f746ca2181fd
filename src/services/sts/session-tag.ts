import { Fault } from "../../aws/fault.ts"
import type { Session } from "../../aws/principal.ts"
import {
  type CapitalTag,
  checkTags,
  fromCapitals,
  requestTagConditions,
  type SentTag,
  type TagProblem,
  type TagRules,
} from "../../aws/tags.ts"
import { invalid, unfit } from "./fault.ts"

/** The tags that a session is to have, and what policies may ask of those that were sent. */
export function sessionTags(
  sent: readonly CapitalTag[] = [],
  transitive: readonly string[] = [],
  caller: Session | undefined = undefined,
) {
  if (sent.length > 50) throw unfit(`[${sent.length} tags]`, "tags", "Member must have length less than or equal to 50")
  const own = checkTags(fromCapitals(sent), rules)
  if (new Set(own.map(({ key }) => key.toLowerCase())).size < own.length) throw refusal("key twice", {})
  // Sessions inherit a tag by its key, which is that of the tag and not as it is written here.
  const passedOn = transitive.map((key) => {
    const tag = own.find((tag) => tag.key.toLowerCase() === key.toLowerCase())
    if (tag === undefined) throw invalid(`The transitive tag key ${key} is not the key of a tag of this session.`)
    return tag.key
  })

  const inheritedKeys = caller?.transitiveTagKeys ?? []
  if (inheritedKeys.some((key) => own.some((tag) => tag.key.toLowerCase() === key.toLowerCase()))) {
    throw new Fault(
      "InvalidParameterValue",
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  const inherited = inheritedKeys.flatMap((key) => {
    const value = caller?.tags[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  const transitiveTagKeys = [...inheritedKeys, ...passedOn]
  return {
    isTagged: own.length > 0,
    conditions: {
      ...requestTagConditions(own),
      ...(transitive.length > 0 && { "sts:TransitiveTagKeys": transitive }),
    },
    tags: Object.fromEntries([...own.map(({ key, value }) => [key, value] as const), ...inherited]),
    ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }),
  }
}

const rules: TagRules = { refuse: refusal }

function refusal(problem: TagProblem, { key = "" }: SentTag) {
  if (problem === "key twice")
    return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
  return invalid(`The session tag ${key} is not valid: ${problem}.`)
}
