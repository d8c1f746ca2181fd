import type * as sdk from "@aws-sdk/client-ssm"
import { Fault } from "../../aws/fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { checkCount, checkWhole, invalidToken, parameterNotFound } from "./fault.ts"
import { labelsAskedFor, parameterFilter } from "./filter.ts"
import {
  findParameter,
  labelsOf,
  parameterConditions,
  parametersUnder,
  permittedParameter,
  selectedVersion,
  versionWith,
} from "./find.ts"
import { checkedPath, type NamedParameter, namedParameter, pathArn } from "./names.ts"
import { describePolicies } from "./policy.ts"
import { publicParameter, publicParametersUnder } from "./public-parameter/find.ts"
import { openValue } from "./sealing.ts"
import { type Parameter, type ParameterVersion, parameterVersionKey, parameterVersions } from "./tables.ts"

export const getParameterOperations = {
  GetParameter(call, { Name, WithDecryption = false }) {
    const named = namedParameter(call, Name!)
    authorizeReading(call, [named])
    return { Parameter: read(call, named, WithDecryption) }
  },

  GetParameters(call, { Names, WithDecryption = false }) {
    checkCount(Names!, "names", 10)
    const asked = [...new Set(Names!)].map((name) => [name, namedParameter(call, name)] as const)
    authorizeReading(
      call,
      asked.map(([, named]) => named),
    )
    const Parameters: sdk.Parameter[] = []
    const InvalidParameters: string[] = []
    for (const [name, named] of asked) {
      try {
        Parameters.push(read(call, named, WithDecryption))
      } catch (error) {
        if (!(error instanceof Fault) || !MISSING.includes(error.code)) throw error
        InvalidParameters.push(name)
      }
    }
    return { Parameters, InvalidParameters }
  },

  GetParametersByPath(call, input) {
    const { Recursive = false, WithDecryption = false, MaxResults = 10, NextToken, ParameterFilters = [] } = input
    const path = checkedPath(input.Path!)
    call.authorize(pathArn(call, path), { "ssm:Recursive": Recursive })
    checkWhole(MaxResults, "maxResults", 1, 10)
    const fits = parameterFilter(call.tx, ParameterFilters, "by path")
    const labels = labelsAskedFor(ParameterFilters)
    const isWithin = ({ name }: { readonly name: string }) => Recursive || !name.slice(path.length).includes("/")
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults,
      filters: { path, Recursive, ParameterFilters },
      list: ({ after, limit }) =>
        [
          ...parametersUnder(call.tx, path, after)
            .filter((parameter) => isWithin(parameter) && fits(parameter))
            .take(limit),
          ...publicParametersUnder(call, path, after)
            .filter((parameter) => isWithin(parameter) && ParameterFilters.length === 0)
            .slice(0, limit),
        ].slice(0, limit),
      position: ({ name }) => name,
      invalidToken,
    })
    const shown = listing.page.map((found) => {
      if (!("labels" in found)) return found.shown
      const label = labels.find((label) => versionWith(found.labels, label) !== undefined)
      return describe(call, found, selectedVersion(call.tx, found, label), WithDecryption)
    })
    return { Parameters: shown, ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }) }
  },

  GetParameterHistory(call, input) {
    const parameter = permittedParameter(call, input.Name!)
    const { WithDecryption = false, MaxResults = 50, NextToken } = input
    checkWhole(MaxResults, "maxResults", 1, 50)
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults,
      filters: { name: parameter.name },
      list: ({ after, limit }) => versionsFrom(call, parameter, Number(after ?? 0) + 1, limit),
      position: ({ version }) => String(version),
      invalidToken,
    })
    return {
      Parameters: listing.page.map((version) => describePast(call, parameter, version, WithDecryption)),
      ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

function authorizeReading(call: Call, asked: readonly NamedParameter[]): void {
  for (const named of asked) {
    const parameter = findParameter(call.tx, named)
    const arn = parameter?.arn ?? publicParameter(call, named)?.shown.ARN ?? named.arn
    call.authorize(arn, parameter && parameterConditions(parameter))
  }
}

function read(call: Call, named: NamedParameter, withDecryption: boolean): sdk.Parameter {
  const parameter = findParameter(call.tx, named)
  if (parameter === undefined) {
    const found = publicParameter(call, named)
    if (found === undefined) throw parameterNotFound(named.names[0] ?? named.arn)
    return found.shown
  }
  const { selector } = named
  const version = selectedVersion(call.tx, parameter, selector)
  return {
    ...describe(call, parameter, version, withDecryption),
    ...(selector !== undefined && { Selector: `:${selector}` }),
  }
}

function describe(call: Call, parameter: Parameter, version: ParameterVersion, withDecryption: boolean): sdk.Parameter {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: openValue(call, parameter, version, withDecryption),
    Version: version.version,
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: parameter.arn,
    DataType: version.dataType,
  }
}

function describePast(
  call: Call,
  parameter: Parameter,
  version: ParameterVersion,
  withDecryption: boolean,
): sdk.ParameterHistory {
  return {
    ...describeVersion(version),
    Value: openValue(call, parameter, version, withDecryption),
    Labels: labelsOf(parameter, version.version),
  }
}

/** All of a version but its value. */
export function describeVersion(version: ParameterVersion): sdk.ParameterMetadata {
  return {
    Name: version.name,
    Type: version.type,
    ...(version.keyId !== undefined && { KeyId: version.keyId }),
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    ...(version.description !== undefined && { Description: version.description }),
    ...(version.allowedPattern !== undefined && { AllowedPattern: version.allowedPattern }),
    Version: version.version,
    Tier: version.tier,
    Policies: describePolicies(version),
    DataType: version.dataType,
  }
}

function versionsFrom({ tx }: Call, { name, firstVersion, version }: Parameter, from: number, limit: number) {
  const first = Math.max(from, firstVersion)
  const count = Math.max(0, Math.min(limit, version - first + 1))
  return Array.from({ length: count }, (_, index) =>
    tx.mustGet(parameterVersions, parameterVersionKey(name, first + index)),
  )
}

const MISSING: readonly string[] = ["ParameterNotFound", "ParameterVersionNotFound"]
