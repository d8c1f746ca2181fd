import type { FrontDoorOptions } from "../../../aws/front-door.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { RecentBlobs } from "../blobs/recent.ts"

type State = Pick<FrontDoorOptions, "world" | "store" | "authorizer" | "identify" | "keys" | "trustAnyone">

/** What the registry's protocol is answered from: the same state and the same authorisation as the API's. */
export interface Registry extends State {
  readonly blobs: BlobStore
  readonly manifests: RecentBlobs
}

export function registryOver(state: State, blobs: BlobStore): Registry {
  return { ...state, blobs, manifests: RecentBlobs.of(blobs) }
}
