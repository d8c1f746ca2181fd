import type * as sdk from "@aws-sdk/client-ecr"
import { arnOf } from "../../../aws/arn.ts"
import type { Call } from "../../../aws/operations.ts"
import { type CapitalTag, checkTags, fromCapitals, type Tag, type TagRules } from "../../../aws/tags.ts"
import { policyProblem } from "../../iam/index.ts"
import { fault, unfit } from "../fault.ts"
import type { Home } from "../names.ts"
import type { Encryption, Mutability } from "../tables.ts"

export function mutabilityIn(
  kind: sdk.ImageTagMutability | undefined = "MUTABLE",
  filters: readonly sdk.ImageTagMutabilityExclusionFilter[] = [],
): Mutability {
  checkOneOf(kind, KINDS, "imageTagMutability")
  const takesExclusions = kind === "MUTABLE_WITH_EXCLUSION" || kind === "IMMUTABLE_WITH_EXCLUSION"
  const path = "imageTagMutabilityExclusionFilters"
  if (takesExclusions !== filters.length > 0) {
    const constraint = takesExclusions
      ? "must have at least one filter"
      : `must be empty where imageTagMutability is ${kind}`
    throw unfit(path, constraint)
  }
  if (filters.length > EXCLUSIONS_MAX) throw unfit(path, `must have length less than or equal to ${EXCLUSIONS_MAX}`)
  const exclusions = filters.map(({ filter, filterType }) => {
    checkOneOf(filterType, ["WILDCARD"], `${path}.filterType`)
    if (!/^[0-9a-zA-Z._*-]{1,128}$/.test(filter!)) {
      throw unfit(`${path}.filter`, "must satisfy regular expression '[0-9a-zA-Z._*-]{1,128}'")
    }
    if (filter!.split("*").length > 3) throw unfit(`${path}.filter`, "must have at most two wildcards")
    return filter!
  })
  return { kind, exclusions }
}

export function encryptionIn(home: Home, sent: Partial<sdk.EncryptionConfiguration> | undefined): Encryption {
  const type = sent?.encryptionType ?? "AES256"
  checkOneOf(type, ["AES256", "KMS", "KMS_DSSE"], "encryptionConfiguration.encryptionType")
  if (type !== "AES256") return { type, key: sent?.kmsKey ?? arnOf("kms", home, "alias/aws/ecr") }
  if (sent?.kmsKey === undefined) return { type }
  throw unfit("encryptionConfiguration.kmsKey", "must be absent where encryptionType is AES256")
}

export function tagsIn(sent: readonly CapitalTag[] = []): readonly Tag[] {
  return checkTags(fromCapitals(sent), tagRules)
}

export const tagRules: TagRules = {
  refuse(problem, { key = "" }) {
    if (problem === "too many") return fault("TooManyTagsException", "The maximum number of tags per resource is 50.")
    return fault("InvalidTagParameterException", `The tag ${key} is not valid: ${problem}.`)
  },
}

/** A policy as it is written down: what is no policy is refused, and who may what is found out when someone asks. */
export function policyIn(text: string, what: "repository" | "registry"): string {
  const refused = unfit("PolicyText", `Invalid ${what} policy provided`)
  let policy: { readonly Statement?: unknown } | null
  try {
    policy = JSON.parse(text)
  } catch {
    throw refused
  }
  if (policyProblem(text, "resource") !== undefined) throw refused
  const statements = [policy?.Statement ?? []].flat()
  const isGood = (statement: Readonly<Record<string, unknown>> | null) =>
    (statement?.Effect === "Allow" || statement?.Effect === "Deny") &&
    (statement.Action !== undefined || statement.NotAction !== undefined) &&
    (statement.Principal !== undefined || statement.NotPrincipal !== undefined)
  if (statements.length === 0 || !statements.every((statement) => isGood(statement as never))) throw refused
  return text
}

export function checkOneOf(value: string | undefined, known: readonly string[], path: string): void {
  if (value !== undefined && known.includes(value)) return
  throw unfit(path, `Member must satisfy enum value set: [${known.join(", ")}]`)
}

/** The home of a registry's own operations, which act on all of it. */
export function ownHome({ account, region }: Pick<Call, "account" | "region">): Home {
  return { account, region }
}

const KINDS = ["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"]
const EXCLUSIONS_MAX = 5
