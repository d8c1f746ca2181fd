import type * as sdk from "@aws-sdk/client-kms"
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

/** For what works on AWS and not here: better a clear refusal than a promise that is not kept. */
export function notYet(what: string): Fault {
  return fault("UnsupportedOperationException", `Homeport does not have ${what} yet.`)
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

/** The value of a text is not told back where it is long, and never where it could be a secret. */
export function checkLength(text: string, path: string, max: number): void {
  if (text.length > max)
    throw unfit(`${text.slice(0, 40)}…`, path, `Member must have length less than or equal to ${max}`)
}
