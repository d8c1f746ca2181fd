import type * as sdk from "@aws-sdk/client-sts"
import { CommonFault } from "../../aws/common-fault.ts"
import { Fault, faultsOf } from "../../aws/fault.ts"

export const fault = faultsOf<typeof sdk>()

export function invalid(message: string): Fault {
  return new Fault("ValidationError", message)
}

/** What AWS says of a value that its model does not allow. */
export function unfit(value: unknown, path: string, constraint: string): Fault {
  return invalid(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`,
  )
}

export function denied(message: string): Fault {
  return new CommonFault("denied", message)
}

export function checkLength(text: string, path: string, min: number, max: number): void {
  if (text.length > max) throw unfit(text, path, `Member must have length less than or equal to ${max}`)
  if (text.length < min) throw unfit(text, path, `Member must have length greater than or equal to ${min}`)
}

export function checkRange(value: number, path: string, min: number, max: number): void {
  if (value > max) throw unfit(value, path, `Member must have value less than or equal to ${max}`)
  if (value < min) throw unfit(value, path, `Member must have value greater than or equal to ${min}`)
}

/** A session's name and the like: they become part of ARNs. */
export function checkName(text: string, path: string, max = 64): void {
  checkLength(text, path, 2, max)
  if (!/^[\w+=,.@-]*$/.test(text)) {
    throw unfit(text, path, "Member must satisfy regular expression pattern: [\\w+=,.@-]*")
  }
}
