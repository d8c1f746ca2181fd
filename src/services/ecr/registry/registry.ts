import type { FrontDoorOptions } from "../../../aws/front-door.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { RecentBlobs } from "../blobs/recent.ts"
import { PullThrough } from "../pull-through/pull-through.ts"
import type { Upstream } from "../pull-through/upstream.ts"
import { Traffic } from "./traffic.ts"

type State = Pick<FrontDoorOptions, "world" | "store" | "authorizer" | "identify" | "keys" | "trustAnyone">

/** What the registry's protocol is answered from: the same state and the same authorisation as the API's. */
export interface Registry extends State {
  readonly blobs: BlobStore
  readonly manifests: RecentBlobs
  readonly traffic: Traffic

  /** Undefined where no other registry is ever asked. */
  readonly pullThrough: PullThrough | undefined
}

export function registryOver(state: State, blobs: BlobStore, upstream?: Upstream): Registry {
  const pullThrough = upstream && new PullThrough(upstream)
  return { ...state, blobs, manifests: RecentBlobs.of(blobs), traffic: new Traffic(), pullThrough }
}
