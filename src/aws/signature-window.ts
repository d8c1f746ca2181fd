import { basicFormat, type SignatureClaim } from "./signature-claim.ts"
import type { Refuse } from "./signature-faults.ts"

/** How far the clocks of caller and region may be apart. */
const SKEW_MS_MAX = 15 * 60_000

/** A signature counts only near the time it was made, or, presigned, for as long as it says: a copy of it soon opens nothing. */
export function checkWindow({ timestamp, signedAt, validSeconds }: SignatureClaim, now: number, refuse: Refuse): void {
  const latest = now + SKEW_MS_MAX
  if (signedAt > latest) {
    const sentence = `Signature not yet current: ${timestamp} is still later than ${basicFormat(latest)} (${basicFormat(now)} + 15 min.)`
    throw refuse(validSeconds === undefined ? "outsideWindow" : "presignedTooEarly", sentence)
  }
  if (validSeconds === undefined) {
    const earliest = now - SKEW_MS_MAX
    if (signedAt >= earliest) return
    const sentence = `Signature expired: ${timestamp} is now earlier than ${basicFormat(earliest)} (${basicFormat(now)} - 15 min.)`
    throw refuse("outsideWindow", sentence)
  }
  const end = signedAt + validSeconds * 1000
  if (now <= end) return
  throw refuse("presignedExpired", `Signature expired: ${basicFormat(end)} is now earlier than ${basicFormat(now)}`)
}
