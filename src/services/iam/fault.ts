import type * as sdk from "@aws-sdk/client-iam"
import { Fault, faultsOf } from "../../aws/fault.ts"

export const fault = faultsOf<typeof sdk>()

export function noSuchEntity(message: string): Fault {
  return fault("NoSuchEntityException", message)
}

export function alreadyExists(message: string): Fault {
  return fault("EntityAlreadyExistsException", message)
}

export function conflict(message: string): Fault {
  return fault("DeleteConflictException", message)
}

export function overQuota(quota: string, countMax: number): Fault {
  return fault("LimitExceededException", `Cannot exceed quota for ${quota}: ${countMax}`)
}

/** What is wrong with a value by itself. */
export function invalid(message: string): Fault {
  return new Fault("ValidationError", message)
}

/** What AWS says of a value that its model does not allow. */
export function unfit(value: unknown, path: string, constraint: string): Fault {
  return invalid(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`,
  )
}
