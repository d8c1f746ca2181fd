import type * as sdk from "@aws-sdk/client-ssm"
import type { Tx } from "../../store/transaction.ts"
import { checkCount, fault, invalid, unfit } from "./fault.ts"
import { currentVersion, versionWith } from "./find.ts"
import { checkedPath } from "./names.ts"
import { type Parameter, type ParameterVersion, parameterVersionKey, parameterVersions } from "./tables.ts"

/** Which listing it is: what lies below a path is found by it already. */
export type Listing = "described" | "by path"

/** What a listing asks for, as one test of a parameter: all filters must hold, and of each one value. */
export function parameterFilter(
  tx: Tx,
  filters: readonly sdk.ParameterStringFilter[],
  listing: Listing,
): (parameter: Parameter) => boolean {
  const keys = new Set<string>()
  const tests = filters.map(({ Key = "", Option, Values = [] }) => {
    if (keys.has(Key)) {
      throw fault(
        "InvalidFilterKey",
        `The following filter is duplicated in the request: ${Key.slice(0, 132)}. A request can contain only one occurrence of a specific filter.`,
      )
    }
    keys.add(Key)
    checkKey(Key, listing)
    if (Values.length === 0 && !Key.startsWith(TAG)) {
      throw fault("InvalidFilterValue", `The following filter values are missing : null for filter key ${Key}.`)
    }
    if (Values.length > 0) checkCount(Values, "parameterFilters.1.member.values", 50)
    return testOf(Key, Option, Values)
  })
  return (parameter) => {
    const version = currentVersion(tx, parameter)
    return tests.every((holds) => holds(parameter, version, tx))
  }
}

/** The labels that are filtered by: those versions are meant. */
export function labelsAskedFor(filters: readonly sdk.ParameterStringFilter[]): readonly string[] {
  return filters.find(({ Key }) => Key === "Label")?.Values ?? []
}

type Holds = (parameter: Parameter, version: ParameterVersion, tx: Tx) => boolean

function testOf(key: string, option: string | undefined, values: readonly string[]): Holds {
  if (key === "Path") return pathTest(option ?? "OneLevel", values)
  if (key === "Label") {
    checkOption(option ?? "Equals", ["Equals"])
    return ({ name, labels }, _, tx) =>
      values.some((label) => {
        const version = versionWith(labels, label)
        return version !== undefined && tx.get(parameterVersions, parameterVersionKey(name, version)) !== undefined
      })
  }
  const compares = comparison(key, option ?? "Equals")
  checkValues(key, values)
  if (key.startsWith(TAG)) {
    const tagKey = key.slice(TAG.length)
    return ({ tags }) =>
      tags.some(
        (tag) => tag.key === tagKey && (values.length === 0 || values.some((value) => compares(tag.value, value))),
      )
  }
  return (parameter, version) => {
    const found = FIELDS[key]!(parameter, version)
    return found !== undefined && values.some((value) => compares(found, value))
  }
}

function pathTest(option: string, values: readonly string[]): Holds {
  checkOption(option, ["Recursive", "OneLevel"])
  for (const value of values) {
    if (/^\/(aws|ssm)/i.test(value)) {
      throw invalid(
        'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.',
      )
    }
  }
  const paths = values.map(checkedPath)
  return ({ name }) => {
    const rooted = name.startsWith("/") ? name : `/${name}`
    return paths.some(
      (path) => rooted.startsWith(path) && (option === "Recursive" || !rooted.slice(path.length).includes("/")),
    )
  }
}

type Comparison = (text: string, value: string) => boolean

function comparison(key: string, option: string): Comparison {
  checkOption(option, key === "Name" ? ["BeginsWith", "Equals", "Contains"] : ["BeginsWith", "Equals"])
  return COMPARISONS[option]!
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  BeginsWith: (text, value) => text.startsWith(value),
  Equals: (text, value) => text === value,
  Contains: (text, value) => text.includes(value),
}

function checkKey(key: string, listing: Listing): void {
  if (!/^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$/.test(key)) {
    throw unfit(
      key.slice(0, 132),
      "parameterFilters.1.member.key",
      "Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType",
    )
  }
  const valid =
    listing === "by path" ? ["Type", "KeyId", "Label"] : ["Path", "Name", "Type", "KeyId", "Tier", "DataType"]
  if (valid.includes(key) || (listing === "described" && key.startsWith(TAG))) return
  throw fault(
    "InvalidFilterKey",
    `The following filter key is not valid: ${key}. Valid filter keys include: [${valid.join(", ")}].`,
  )
}

function checkOption(option: string, valid: readonly string[]): void {
  if (valid.includes(option)) return
  throw fault(
    "InvalidFilterOption",
    `The following filter option is not valid: ${option.slice(0, 20)}. Valid options include: [${valid.join(", ")}].`,
  )
}

function checkValues(key: string, values: readonly string[]): void {
  const valid = VALUES[key]
  const wrong = valid && values.find((value) => !valid.includes(value))
  if (wrong === undefined) return
  throw fault(
    "InvalidFilterOption",
    `The following filter value is not valid: ${wrong.slice(0, 80)}. Valid values include: [${valid!.join(", ")}].`,
  )
}

const FIELDS: Readonly<Record<string, (parameter: Parameter, version: ParameterVersion) => string | undefined>> = {
  Name: ({ name }) => name,
  Type: (_, { type }) => type,
  KeyId: (_, { keyId }) => keyId,
  Tier: (_, { tier }) => tier,
  DataType: (_, { dataType }) => dataType,
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  Type: ["String", "StringList", "SecureString"],
  Tier: ["Standard", "Advanced", "Intelligent-Tiering"],
}
const TAG = "tag:"
