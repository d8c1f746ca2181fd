import type * as sdk from "@aws-sdk/client-ecr"
import { table } from "../../../store/table.ts"
import { tagKey } from "../tables.ts"

/** Which registry has what is asked of repositories whose names begin in a certain way. */
export interface PullThroughCacheRule {
  /** The beginning of the names it is for, up to a slash; `ROOT` for what no other is for. */
  readonly prefix: string

  /** A host, as in `public.ecr.aws`. */
  readonly upstreamUrl: string

  /** Undefined for one that the operator has named. */
  readonly upstreamRegistry?: sdk.UpstreamRegistry

  /** What the names begin with there; `ROOT` for nothing. */
  readonly upstreamPrefix: string

  /** A secret with `username` and `accessToken`. */
  readonly credentialArn?: string
  readonly createdAt: number
  readonly updatedAt: number
}

export const pullThroughCacheRules = table({
  name: "ecr/pull-through-cache-rules",
  version: 1,
  key: ({ prefix }: PullThroughCacheRule) => prefix,
})

/** A tag that need not be looked up again yet in the registry it came from. */
export interface FreshTag {
  readonly repositoryId: string
  readonly tag: string
  readonly freshUntil: number
}

export const freshTags = table({
  name: "ecr/fresh-tags",
  version: 1,
  key: ({ repositoryId, tag }: FreshTag) => tagKey(repositoryId, tag),
  retention: { until: ({ freshUntil }) => freshUntil },
})
