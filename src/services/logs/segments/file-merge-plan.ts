import type { SegmentInfo } from "./file-layout.ts"

/** What to do about the segments on disk: each is whole, and the plan keeps them few and free of what is forgotten. */
export interface MergePlan {
  /** Nothing in these is wanted any more. */
  readonly remove: readonly SegmentInfo[]

  /** These become one. */
  readonly merge: readonly SegmentInfo[]
}

/** `segments` in the order of their logs. */
export function planMerge(segments: readonly SegmentInfo[], horizons: ReadonlyMap<string, number>): MergePlan {
  const storedOf = new Map(segments.map((segment) => [segment, stored(segment, horizons)]))
  const remove = segments.filter((segment) => storedOf.get(segment)!.kept === 0)
  const left = segments.filter((segment) => !remove.includes(segment))
  const wasteful = left.find((segment) => {
    const { all, kept, hasGone } = storedOf.get(segment)!
    return kept < (all * 3) / 4 || (hasGone && segment.bytes <= SMALL_BYTES)
  })
  return { remove, merge: wasteful === undefined ? longestRun(left) : [wasteful] }
}

/** Segments of about one size that follow each other, once there are enough of them; the smallest size first. */
function longestRun(segments: readonly SegmentInfo[]): readonly SegmentInfo[] {
  for (let sizeMax = SMALLEST_BYTES; sizeMax <= LARGEST_BYTES; sizeMax *= RUN_LENGTH) {
    let run: SegmentInfo[] = []
    let bytes = 0
    for (const segment of segments) {
      if (segment.bytes > sizeMax || bytes + segment.bytes > LARGEST_BYTES) {
        run = []
        bytes = 0
        if (segment.bytes > sizeMax) continue
      }
      run.push(segment)
      bytes += segment.bytes
      if (run.length === RUN_LENGTH) return run
    }
  }
  return []
}

function stored({ directory }: SegmentInfo, horizons: ReadonlyMap<string, number>) {
  let all = 0
  let kept = 0
  let hasGone = false
  for (const { id, last, stored } of directory.groups) {
    all += stored
    const horizon = horizons.get(id) ?? Number.NEGATIVE_INFINITY
    if (last >= horizon) kept += stored
    if (horizon === Number.POSITIVE_INFINITY) hasGone = true
  }
  return { all, kept, hasGone }
}

const RUN_LENGTH = 8
const SMALLEST_BYTES = 2 ** 20

/** Up to here a segment is rewritten for any group that is gone: nobody expects to find deleted logs on a disk. */
const SMALL_BYTES = 16 * 2 ** 20

/** Beyond this a segment is left as it is, so that old ones go as a whole when their time has come. */
const LARGEST_BYTES = 256 * 2 ** 20
