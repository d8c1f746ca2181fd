import { fitsPattern } from "../image/mutability.ts"
import type { Image } from "../tables.ts"
import type { LifecycleRule } from "./policy.ts"

export interface TaggedImage extends Pick<Image, "digest" | "pushedAt" | "subject"> {
  readonly tags: readonly string[]

  /** Whether an index lists it: it goes only after the index. */
  readonly isListed: boolean
}

/** An image that a rule wants to be gone. */
export interface Expiry<I extends TaggedImage = TaggedImage> {
  readonly image: I
  readonly priority: number
}

/**
 * Decides which images go. Rules are applied in the order of their priorities. An image that an earlier rule looks at is out
 * of reach of later ones, but for counting: there it counts as if it stayed. What says something about another image goes
 * with that one, and never by itself.
 */
export function planExpiry<I extends TaggedImage>(
  rules: readonly LifecycleRule[],
  images: readonly I[],
  now: number,
): readonly Expiry<I>[] {
  const newestFirst = images
    .filter(({ subject }) => subject === undefined)
    .sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1))
  const claimed = new Set<I>()
  const expiries: Expiry<I>[] = []
  for (const rule of rules) {
    const looked = newestFirst.filter((image) => isLookedAt(rule, image))
    const surplus =
      rule.countType === "imageCountMoreThan"
        ? looked.slice(rule.count)
        : looked.filter(({ pushedAt }) => now - pushedAt > rule.count * DAY_MS)
    for (const image of surplus) {
      if (!claimed.has(image) && !image.isListed) expiries.push({ image, priority: rule.priority })
    }
    for (const image of looked) claimed.add(image)
  }
  return expiries
}

function isLookedAt({ tagStatus, patterns }: LifecycleRule, { tags }: TaggedImage): boolean {
  if (tagStatus === "any") return true
  if (tagStatus === "untagged") return tags.length === 0
  return tags.length > 0 && patterns.every((pattern) => tags.some((tag) => fitsPattern(pattern, tag)))
}

const DAY_MS = 24 * 60 * 60 * 1000
