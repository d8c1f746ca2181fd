import { type Covered, type PolicyDocument, parseDocument, type Statement } from "./document.ts"
import { instantOf } from "./instant.ts"
import { readOperator } from "./operator.ts"

/**
 * What a policy is for: a managed policy has to state the newer version; the others may state the older one, or none. A
 * resource's policy says who may, and that of a role who may take it.
 */
export type PolicyKind = "managed" | "identity" | "resource" | "trust"

/** Why a document is malformed, in AWS's words; undefined for a good one. */
export function policyProblem(text: string, kind: PolicyKind): string | undefined {
  const document = parseDocument(text)
  // One without statements can be read, and is not what anyone meant to write.
  if (document === undefined || document.statements.length === 0) return "Syntax errors in policy."
  for (const rule of RULES[kind]) {
    const problem = rule(document)
    if (problem !== undefined) return problem
  }
  return undefined
}

type Rule = (document: PolicyDocument) => string | undefined

/** A rule about each statement by itself. */
function each(rule: (statement: Statement) => string | undefined): Rule {
  return ({ statements }) => {
    for (const statement of statements) {
      const problem = rule(statement)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

const isNewerVersion: Rule = ({ statesVersion, version }) =>
  statesVersion && version === "2012-10-17" ? undefined : "Policy document must be version 2012-10-17 or greater."

const hasNoPrincipal = each(({ principals }) =>
  principals === undefined ? undefined : "Policy document should not specify a principal.",
)

const hasPrincipal = each(({ principals }) =>
  principals === undefined ? "Missing required field Principal" : undefined,
)

const isParsedAsEver = each(({ isEffectExact, conditions }) => {
  const dates = conditions.filter(({ operator }) => readOperator(operator)!.name.startsWith("Date"))
  // Whether a variable is a time is seen when it has a value.
  const areTimes = dates.every(({ values }) =>
    values.every((value) => value.includes("${") || !Number.isNaN(instantOf(value))),
  )
  return isEffectExact && areTimes ? undefined : "The policy failed legacy parsing"
})

const hasUniqueIds: Rule = ({ statements }) => {
  const ids = statements.flatMap(({ sid }) => (sid ? [sid] : []))
  return new Set(ids).size === ids.length ? undefined : "Statement IDs (SID) in a single policy must be unique."
}

const hasPlainIds = each(({ sid = "" }) =>
  /^[0-9A-Za-z]*$/.test(sid)
    ? undefined
    : "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
)

const hasActions = each(({ actions }) => (isEmpty(actions) ? "Policy statement must contain actions." : undefined))

const hasResources = each(({ resources }) =>
  isEmpty(resources) ? "Policy statement must contain resources." : undefined,
)

function isEmpty(covered: Covered | undefined): boolean {
  return covered === undefined || covered.listed.length === 0
}

const namesResources = each(({ resources }) => firstProblem(resources?.listed, resourceProblem))

const PARTITIONS = /^(\*|aws(-[a-z]+)*)$/

function resourceProblem(resource: string): string | undefined {
  if (resource === "*") return undefined
  const [, partition, service, ...rest] = resource.split(":")
  if (partition === undefined) return `Resource ${resource} must be in ARN format or "*".`
  if (!PARTITIONS.test(partition)) {
    const [vendor = "*", region = "*", account = "*", ...own] = service === undefined ? [] : [service, ...rest]
    const whole = `arn:${partition}:${vendor}:${region}:${account}:${own.length === 0 ? "*" : own.join(":")}`
    return `Partition "${partition}" is not valid for resource "${whole}".`
  }
  if (service === undefined) return "Resource vendor must be fully qualified and cannot contain regexes."
  const [region = ""] = rest
  if (service === "iam" && region !== "") return `IAM resource ${resource} cannot contain region information.`
  return rest.length < 3 ? "The policy failed legacy parsing" : undefined
}

const namesActions = each(({ actions }) => firstProblem(actions?.listed, actionProblem))

function actionProblem(action: string): string | undefined {
  if (action === "*") return undefined
  const [vendor = "", name, ...rest] = action.split(":")
  if (name === undefined) return UNPREFACED
  if (rest.length > 0) return "Actions/Condition can contain only one colon."
  return vendor === "*" || /^[a-zA-Z0-9.-]+$/.test(vendor) ? undefined : `Vendor ${vendor} is not valid`
}

const UNPREFACED = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."

const namesConditions = each(({ conditions }) =>
  conditions.every(({ key }) => key.includes(":")) ? undefined : UNPREFACED,
)

const TRUST_ACTIONS = new Set(
  [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "SetContext",
    "SetSourceIdentity",
    "TagSession",
  ].map((name) => `sts:${name}`.toLowerCase()),
)

const trustsOnly = each(({ actions }) =>
  actions?.isExcept === false &&
  actions.listed.every((action) => TRUST_ACTIONS.has(action.toLowerCase()) || /^sts:.*[*?]/i.test(action))
    ? undefined
    : "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity",
)

const hasNoResources = each(({ resources }) => (resources === undefined ? undefined : "Has prohibited field Resource"))

function firstProblem<T>(values: readonly T[] = [], problemOf: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = problemOf(value)
    if (problem !== undefined) return problem
  }
  return undefined
}

const WORDING = [hasActions, namesResources, namesActions, namesConditions]
const IDENTITY = [hasNoPrincipal, isParsedAsEver, hasUniqueIds, hasPlainIds, ...WORDING, hasResources]

/** In the order in which AWS looks: a document with several faults is told the first. */
const RULES: Readonly<Record<PolicyKind, readonly Rule[]>> = {
  managed: [isNewerVersion, ...IDENTITY],
  identity: IDENTITY,
  resource: [isParsedAsEver, hasUniqueIds, hasPrincipal, ...WORDING],
  trust: [
    isParsedAsEver,
    hasUniqueIds,
    hasPlainIds,
    hasActions,
    trustsOnly,
    hasNoResources,
    hasPrincipal,
    namesConditions,
  ],
}
