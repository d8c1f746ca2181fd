import type { CallOptions } from "../region.ts"

/** Where files are kept that task definitions name: the region's own buckets, or those of an S3-compatible store. */
export interface Objects {
  /** A whole object; rejects with `RegionError`. */
  get(bucket: string, key: string, options?: Pick<CallOptions, "credentials" | "msMax">): Promise<Uint8Array>
}
