import type * as sdk from "@aws-sdk/client-ssm"
import { type Fault, faultsOf } from "../../aws/fault.ts"

export const fault = faultsOf<typeof sdk>()

export function invalid(message: string): Fault {
  return fault("ValidationException", message)
}

/** What AWS says of a value that its model does not allow. */
export function unfit(value: unknown, path: string, constraint: string): Fault {
  const shown = value === null ? "null" : `'${value}'`
  return invalid(`1 validation error detected: Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`)
}

export function oneOf<T extends string>(value: string, path: string, values: readonly T[]): T {
  if (!values.includes(value as T)) {
    throw unfit(value, path, `Member must satisfy enum value set: [${values.join(", ")}]`)
  }
  return value as T
}

export function checkWhole(value: number, path: string, min: number, max: number): void {
  if (value < min) throw unfit(value, path, `Member must have value greater than or equal to ${min}`)
  if (value > max) throw unfit(value, path, `Member must have value less than or equal to ${max}`)
}

export function checkCount(list: readonly unknown[], path: string, max: number): void {
  if (list.length < 1) throw unfit("[]", path, "Member must have length greater than or equal to 1")
  if (list.length > max)
    throw unfit(`${list.length} items`, path, `Member must have length less than or equal to ${max}`)
}

/** AWS says nothing more than its class; a name helps whoever reads it. */
export function parameterNotFound(name: string): Fault {
  return fault("ParameterNotFound", `Parameter ${name.slice(0, 1011)} not found.`)
}

export function invalidToken(): Fault {
  return fault("InvalidNextToken", "The specified token isn't valid.")
}
