import type * as sdk from "@aws-sdk/client-ssm"
import type { Call, Operations } from "../../aws/operations.ts"
import { requestTagConditions } from "../../aws/tags.ts"
import { compilePattern } from "./allowed-pattern/match.ts"
import { BadPattern } from "./allowed-pattern/parse.ts"
import { fault, invalid, oneOf, unfit } from "./fault.ts"
import { currentVersion, labelsOf, parameterConditions } from "./find.ts"
import { checkName, parameterArn } from "./names.ts"
import { checkedPolicies, expiryOf } from "./policy.ts"
import { DEFAULT_KEY, sealValue } from "./sealing.ts"
import { type Parameter, type ParameterVersion, parameters, parameterVersionKey, parameterVersions } from "./tables.ts"
import { checkedTags } from "./tag.ts"
import { chosenTier } from "./tier.ts"

export const putParameterOperations = {
  PutParameter(call, input) {
    const { Name: name = "", Overwrite: overwrites = false } = input
    const tags = checkedTags(input.Tags)
    const arn = parameterArn(call, name)
    const present = call.tx.get(parameters, name)
    call.authorize(arn, {
      ...(present && parameterConditions(present)),
      ...requestTagConditions(tags),
      "ssm:Overwrite": overwrites,
      ...(input.Policies !== undefined && { "ssm:Policies": true }),
    })
    checkName(name)
    if (present !== undefined && !overwrites) {
      throw fault(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
      )
    }
    if (overwrites && tags.length > 0) {
      throw invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      )
    }
    if (present === undefined && call.tx.count(parameters) >= PARAMETERS_MAX) {
      throw fault(
        "ParameterLimitExceeded",
        "You have exceeded the number of parameters for this AWS account. Delete one or more parameters and try again.",
      )
    }
    const parameter = present ?? { name, arn, version: 0, firstVersion: 1, labels: {}, tags, expiresAt: undefined }
    const version = nextVersion(call, parameter, input, present && currentVersion(call.tx, present))
    const firstVersion = withRoom(call, parameter)
    call.tx.put(parameterVersions, version)
    call.tx.put(parameters, {
      ...parameter,
      firstVersion,
      version: version.version,
      expiresAt: expiryOf(version.policies),
    })
    return { Version: version.version, Tier: version.tier }
  },
} satisfies Operations<typeof sdk>

/** What is not said again stays as it was. */
function nextVersion(
  call: Call,
  { name, arn, version: newest }: Parameter,
  input: sdk.PutParameterRequest,
  last: ParameterVersion | undefined,
): ParameterVersion {
  const value = input.Value!
  const type = checkedType(input, last)
  const policies = input.Policies === undefined ? (last?.policies ?? []) : checkedPolicies(input.Policies)
  const tier = chosenTier(value, input, policies, last)
  // An empty pattern is how one is taken away.
  const allowedPattern = (input.AllowedPattern ?? last?.allowedPattern) || undefined
  const dataType = input.DataType ?? last?.dataType ?? "text"
  const description = input.Description ?? last?.description
  if (description !== undefined && description.length > 1024) {
    throw unfit(`${description.slice(0, 40)}…`, "description", "Member must have length less than or equal to 1024")
  }
  if (input.KeyId !== undefined && type !== "SecureString") {
    throw invalid("KeyId goes with the type SecureString only.")
  }
  checkDataType(dataType, type, value)
  if (allowedPattern !== undefined) checkPattern(allowedPattern, value)

  const version = newest + 1
  const keyId = type === "SecureString" ? (input.KeyId ?? last?.keyId ?? DEFAULT_KEY) : undefined
  return {
    name,
    version,
    type,
    sealed: sealValue(call, value, { arn, version, type, tier, keyId }),
    keyId,
    description,
    allowedPattern,
    tier,
    dataType,
    policies,
    modifiedAt: call.now,
    modifiedBy: call.principal.arn,
  }
}

function checkedType({ Type, Value }: sdk.PutParameterRequest, last: ParameterVersion | undefined) {
  if (Value === "") throw unfit("", "value", "Member must have length greater than or equal to 1.")
  const sent = Type === undefined ? undefined : oneOf(Type, "type", ["SecureString", "StringList", "String"])
  const type = sent ?? last?.type
  if (type === undefined) throw invalid("A parameter type is required when you create a parameter.")
  if (last !== undefined && last.type !== type) {
    throw fault(
      "HierarchyTypeMismatchException",
      "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.",
    )
  }
  return type
}

function checkDataType(dataType: string, type: string, value: string): void {
  if (dataType === "text") return
  if (dataType !== "aws:ec2:image") {
    throw invalid(
      `The following data type is not supported: ${dataType.slice(0, 128)} (Data type names are all lowercase.)`,
    )
  }
  if (type !== "String") throw invalid("The data type aws:ec2:image goes with the type String only.")
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value))
    throw invalid("The value is not the ID of an Amazon Machine Image.")
}

function checkPattern(pattern: string, value: string): void {
  if (pattern.length > 1024) {
    throw unfit(`${pattern.slice(0, 40)}…`, "allowedPattern", "Member must have length less than or equal to 1024")
  }
  if (!fits(pattern, value)) {
    throw fault(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    )
  }
}

function fits(pattern: string, value: string): boolean {
  try {
    return compilePattern(pattern)(value)
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error
    throw fault("InvalidAllowedPatternException", `The allowed pattern cannot be used: ${error.message}.`)
  }
}

/** The oldest version goes where there are too many, unless somebody has labelled it: they would miss it. */
function withRoom({ tx }: Call, parameter: Parameter): number {
  const { name, firstVersion, version } = parameter
  if (version - firstVersion + 1 < VERSIONS_MAX) return firstVersion
  if (labelsOf(parameter, firstVersion).length > 0) {
    throw fault(
      "ParameterMaxVersionLimitExceeded",
      `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${firstVersion}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
    )
  }
  tx.delete(parameterVersions, parameterVersionKey(name, firstVersion))
  return firstVersion + 1
}

const VERSIONS_MAX = 100
const PARAMETERS_MAX = 10_000
