import type { Tag } from "../../../aws/tags.ts"
import { table } from "../../../store/table.ts"

/** The tags of one resource, whatever kind it is; one without tags has no record. */
export interface ResourceTags {
  readonly arn: string
  readonly tags: readonly Tag[]

  /** Set when the resource is to be forgotten, as its tags then are too. */
  readonly until?: number | undefined
}

export const resourceTags = table({
  name: "ecs/tags",
  version: 1,
  key: (tagged: ResourceTags) => tagged.arn,
  retention: { until: ({ until }) => until },
})
