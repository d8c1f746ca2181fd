import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, parameterNotFound } from "./fault.ts"
import { type NamedParameter, namedParameter } from "./names.ts"
import { type Parameter, type ParameterVersion, parameters, parameterVersionKey, parameterVersions } from "./tables.ts"

export function findParameter(tx: Tx, { names }: NamedParameter): Parameter | undefined {
  for (const name of names) {
    const parameter = tx.get(parameters, name)
    if (parameter !== undefined) return parameter
  }
  return undefined
}

/** The parameter that an operation acts on, once it is known that the caller may. */
export function permittedParameter(call: Call, name: string, conditions: Conditions = {}): Parameter {
  const named = namedParameter(call, name)
  const parameter = findParameter(call.tx, named)
  call.authorize(parameter?.arn ?? named.arn, { ...(parameter && parameterConditions(parameter)), ...conditions })
  if (parameter === undefined || named.selector !== undefined) throw parameterNotFound(name)
  return parameter
}

/** The service has a name of its own for the tags of a parameter, beside everyone's. */
export function parameterConditions({ tags }: Parameter): Conditions {
  const own = tags.map(({ key, value }) => [`ssm:resourceTag/${key}`, value])
  return { ...resourceTagConditions(tags), ...Object.fromEntries(own) }
}

export function currentVersion(tx: Tx, { name, version }: Parameter): ParameterVersion {
  return tx.mustGet(parameterVersions, parameterVersionKey(name, version))
}

/** The version that a number or a label names. */
export function selectedVersion(tx: Tx, parameter: Parameter, selector: string | undefined): ParameterVersion {
  if (selector === undefined) return currentVersion(tx, parameter)
  const { name, labels } = parameter
  const isNumber = /^\d+$/.test(selector)
  const number = isNumber ? Number(selector) : versionWith(labels, selector)
  const version = number === undefined ? undefined : tx.get(parameterVersions, parameterVersionKey(name, number))
  if (version !== undefined) return version
  const what = isNumber ? "version" : "label"
  const shown = selector.slice(0, 100)
  throw fault(
    "ParameterVersionNotFound",
    `Systems Manager could not find ${what} ${shown} of ${name}. Verify the ${what} and try again.`,
  )
}

/** The version that has a label. A label may be called anything, also what every object has. */
export function versionWith(labels: Parameter["labels"], label: string): number | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined
}

export function labelsOf({ labels }: Parameter, version: number): string[] {
  return Object.keys(labels)
    .filter((label) => labels[label] === version)
    .sort()
}

/** Parameters in the order of their names, from behind `after`, for as long as their names begin so. */
export function* parametersUnder(tx: Tx, prefix: string, after = ""): Generator<Parameter> {
  let position = after > prefix ? after : prefix
  for (;;) {
    const found = tx.list(parameters, { after: position, limit: READ_AT_ONCE })
    for (const parameter of found) {
      if (!parameter.name.startsWith(prefix)) return
      yield parameter
    }
    if (found.length < READ_AT_ONCE) return
    position = found.at(-1)!.name
  }
}

const READ_AT_ONCE = 200
