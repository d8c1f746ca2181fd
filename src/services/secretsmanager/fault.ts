import type * as sdk from "@aws-sdk/client-secrets-manager"
import { type Fault, faultsOf } from "../../aws/fault.ts"

export const fault = faultsOf<typeof sdk>()

export function invalid(message: string): Fault {
  return fault("InvalidParameterException", message)
}

export function invalidRequest(message: string): Fault {
  return fault("InvalidRequestException", message)
}

/** What AWS says of a value that its model does not allow. */
export function unfit(value: unknown, path: string, constraint: string): Fault {
  const shown = value === null ? "null" : `'${value}'`
  return fault(
    "ValidationException",
    `1 validation error detected: Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`,
  )
}

/** For a field that works on AWS and not here: better a clear refusal than a promise that is not kept. */
export function notYet(what: string): Fault {
  return invalid(`Homeport does not have ${what} yet. Leave it out of the request.`)
}

export function checkLength(text: string, path: string, min: number, max: number): void {
  if (text.length < min) throw unfit(text, path, `Member must have length greater than or equal to ${min}`)
  if (text.length > max)
    throw unfit(`${text.slice(0, 40)}…`, path, `Member must have length less than or equal to ${max}`)
}

export function checkWhole(value: number, path: string, min: number, max: number): void {
  if (value < min) throw unfit(value, path, `Member must have value greater than or equal to ${min}`)
  if (value > max) throw unfit(value, path, `Member must have value less than or equal to ${max}`)
}
