import type { FrontDoorOptions } from "../../../aws/front-door.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { RecentBlobs } from "../blobs/recent.ts"
import { Traffic } from "./traffic.ts"

type State = Pick<FrontDoorOptions, "world" | "store" | "authorizer" | "identify" | "keys" | "trustAnyone">

/** What the registry's protocol is answered from: the same state and the same authorisation as the API's. */
export interface Registry extends State {
  readonly blobs: BlobStore
  readonly manifests: RecentBlobs
  readonly traffic: Traffic
}

export function registryOver(state: State, blobs: BlobStore): Registry {
  return { ...state, blobs, manifests: RecentBlobs.of(blobs), traffic: new Traffic() }
}
