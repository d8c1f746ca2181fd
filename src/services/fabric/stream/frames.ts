import { fabricFromRegion } from "../../../wire/fabric.ts"
import { type FabricRecord, putOf, removedOf } from "../record.ts"
import type { Step } from "./plane.ts"

/** A step as frames; everything at once may be more than one frame should hold. */
export function framesOf(step: Step): string[] {
  const { version } = step
  if (step.kind === "change" && step.put.length <= RECORDS_MAX) {
    const { from, put, removed } = step
    return [fabricFromRegion.encode("FabricChange", { from, version, put: putOf(put), removed: removedOf(removed) })]
  }
  if (step.kind === "snapshot") return snapshotFrames(version, step.put)

  // The parts of a large change lead from one version to the same, but for the last: none of them is worth resuming at.
  const { from, put, removed } = step
  const parts = inParts(put)
  return parts.map((part, at) => {
    const isLast = at === parts.length - 1
    return fabricFromRegion.encode("FabricChange", {
      from,
      version: isLast ? version : from,
      put: putOf(part),
      removed: isLast ? removedOf(removed) : {},
    })
  })
}

function snapshotFrames(version: number, put: readonly FabricRecord[]): string[] {
  const parts = put.length === 0 ? [[]] : inParts(put)
  return parts.map((part, at) =>
    fabricFromRegion.encode("FabricSnapshot", { version, put: putOf(part), isLast: at === parts.length - 1 }),
  )
}

function inParts(records: readonly FabricRecord[]): (readonly FabricRecord[])[] {
  const parts: (readonly FabricRecord[])[] = []
  for (let from = 0; from < records.length; from += RECORDS_MAX) parts.push(records.slice(from, from + RECORDS_MAX))
  return parts
}

/** Of which even the long ones, groups with thousands of members, fit into a frame. */
const RECORDS_MAX = 1_000
