import { notYet, unfit } from "../fault.ts"

/** One rule of a lifecycle policy: which images it looks at, and which of those are too many or too old. */
export interface LifecycleRule {
  readonly priority: number
  readonly description?: string
  readonly tagStatus: "tagged" | "untagged" | "any"

  /** An image has to have a tag for each of them. */
  readonly patterns: readonly string[]
  readonly countType: "imageCountMoreThan" | "sinceImagePushed"

  /** Images, or days. */
  readonly count: number
}

/** Reads a policy, lowest priority number first, or says in AWS's words what is wrong with it. */
export function readLifecyclePolicy(text: string): readonly LifecycleRule[] {
  if (text.length > TEXT_LENGTH_MAX)
    throw wrong(`string is too long (length: ${text.length}, maximum allowed: ${TEXT_LENGTH_MAX})`)
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw wrong("Could not map policyString into LifecyclePolicy.")
  }
  const { rules } = objectOf(policy, ["rules"], [])
  if (!Array.isArray(rules)) throw wrong("rules has to be a list")
  if (rules.length < 1 || rules.length > RULES_MAX) throw wrong(`a policy has 1 to ${RULES_MAX} rules`)
  const read = rules.map(readRule).sort((a, b) => a.priority - b.priority)
  checkTogether(read)
  return read
}

function readRule(value: unknown): LifecycleRule {
  const rule = objectOf(value, ["rulePriority", "selection", "action"], ["description"])
  const priority = wholeNumber(rule.rulePriority, "rulePriority")
  const { type, ...target } = objectOf(rule.action, ["type"], ["targetStorageClass"])
  if (type === "transition" || target.targetStorageClass !== undefined) throw notYet("the storage class ARCHIVE")
  if (type !== "expire") throw notInEnum(type, ["expire"])
  const selection = objectOf(
    rule.selection,
    ["tagStatus", "countType", "countNumber"],
    ["tagPrefixList", "tagPatternList", "countUnit", "storageClass"],
  )
  const { tagStatus, countType, countUnit } = selection
  if (tagStatus !== "tagged" && tagStatus !== "untagged" && tagStatus !== "any") {
    throw notInEnum(tagStatus, ["any", "tagged", "untagged"])
  }
  if (selection.storageClass !== undefined && selection.storageClass !== "standard") {
    throw notYet("the storage class ARCHIVE")
  }
  if (countType === "sinceImagePulled" || countType === "sinceImageTransitioned")
    throw notYet(`the count type ${countType}`)
  if (countType !== "imageCountMoreThan" && countType !== "sinceImagePushed") {
    throw notInEnum(countType, ["imageCountMoreThan", "sinceImagePushed"])
  }
  if (countType === "sinceImagePushed" && countUnit !== "days") throw notInEnum(countUnit, ["days"])
  if (countType === "imageCountMoreThan" && countUnit !== undefined) {
    throw wrong("countUnit is for the count type sinceImagePushed only")
  }
  return {
    priority,
    ...(typeof rule.description === "string" && { description: rule.description }),
    tagStatus,
    patterns: patternsIn(tagStatus, selection.tagPrefixList, selection.tagPatternList),
    countType,
    count: wholeNumber(selection.countNumber, "countNumber"),
  }
}

function patternsIn(tagStatus: string, prefixes: unknown, patterns: unknown): readonly string[] {
  if (tagStatus !== "tagged") {
    if (prefixes === undefined && patterns === undefined) return []
    throw wrong("tagPrefixList and tagPatternList are for the tag status tagged only")
  }
  if ((prefixes === undefined) === (patterns === undefined)) {
    throw wrong("the tag status tagged needs either a tagPrefixList or a tagPatternList")
  }
  const texts = prefixes ?? patterns
  const isList =
    Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === "string" && text !== "")
  if (!isList) throw wrong("tagPrefixList and tagPatternList are lists of texts that are not empty")
  return prefixes === undefined ? texts : texts.map((prefix) => `${prefix}*`)
}

/** What AWS asks of the rules of one policy beside one another. */
function checkTogether(rules: readonly LifecycleRule[]): void {
  if (new Set(rules.map(({ priority }) => priority)).size < rules.length) {
    throw wrong("rulePriority has to be different in each rule")
  }
  const anys = rules.filter(({ tagStatus }) => tagStatus === "any")
  if (anys.length > 1 || (anys.length === 1 && anys[0] !== rules.at(-1))) {
    throw wrong("only one rule has the tag status any, and its rulePriority is the highest number")
  }
  for (const countType of ["imageCountMoreThan", "sinceImagePushed"]) {
    const untagged = rules.filter((rule) => rule.tagStatus === "untagged" && rule.countType === countType)
    if (untagged.length > 1) throw wrong(`only one rule has the tag status untagged with the count type ${countType}`)
  }
}

function objectOf(value: unknown, required: readonly string[], optional: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong('instance type does not match any allowed primitive type (allowed: ["object"])')
  }
  const missing = required.filter((name) => !(name in value))
  if (missing.length > 0) throw wrong(`object has missing required properties (${JSON.stringify(missing)})`)
  const foreign = Object.keys(value).filter((name) => !required.includes(name) && !optional.includes(name))
  if (foreign.length === 0) return value as Record<string, unknown>
  throw wrong(`object instance has properties which are not allowed by the schema: (${JSON.stringify(foreign)})`)
}

function wholeNumber(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong(`${path} has to be a whole number`)
  if (value < 1) throw wrong(`numeric instance is lower than the required minimum (minimum: 1, found: ${value})`)
  return value
}

function notInEnum(value: unknown, known: readonly string[]) {
  return wrong(
    `instance value (${JSON.stringify(value)}) not found in enum (possible values: ${JSON.stringify(known)})`,
  )
}

function wrong(what: string) {
  return unfit("LifecyclePolicyText", `Lifecycle policy validation failure: ${what}`)
}

const TEXT_LENGTH_MAX = 30_720
const RULES_MAX = 50
