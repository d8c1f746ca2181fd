import type { FrontDoorOptions } from "../../../aws/front-door.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import type { RecentBlobs } from "../blobs/recent.ts"

/** What the registry's protocol is answered from: the same state and the same authorisation as the API's. */
export interface Registry
  extends Pick<FrontDoorOptions, "world" | "store" | "authorizer" | "identify" | "keys" | "trustAnyone"> {
  readonly blobs: BlobStore
  readonly manifests: RecentBlobs
}
