import type * as sdk from "@aws-sdk/client-ecs"
import { type Fault, faultsOf } from "../../aws/fault.ts"

export const fault = faultsOf<typeof sdk>()

export function invalid(message: string): Fault {
  return fault("InvalidParameterException", message)
}

/** For a field that works on AWS and not here: better a clear refusal than a promise that is not kept. */
export function notYet(what: string): Fault {
  return invalid(`Homeport does not have ${what} yet. Leave it out of the request.`)
}
