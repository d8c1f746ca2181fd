import type * as sdk from "@aws-sdk/client-ecr"
import { CommonFault } from "../../aws/common-fault.ts"
import { type Fault, faultsOf } from "../../aws/fault.ts"
import { BlobsUnavailable } from "./blobs/blob-store.ts"

export const fault = faultsOf<typeof sdk>()

export function invalid(message: string): Fault {
  return fault("InvalidParameterException", message)
}

/** What AWS says of a value that its model does not allow. */
export function unfit(path: string, constraint: string): Fault {
  return invalid(`Invalid parameter at '${path}' failed to satisfy constraint: '${constraint}'`)
}

/** For a field that works on AWS and not here: better a clear refusal than a promise that is not kept. */
export function notYet(what: string): Fault {
  return invalid(`Homeport does not have ${what} yet. Leave it out of the request.`)
}

/** Waits for the store of blobs; a disk that has no room is told as what a client tries again for. */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof BlobsUnavailable) throw new CommonFault("unavailable", error.message)
    throw error
  }
}
