import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { flow, type Operations } from "../../aws/operations.ts"
import { invalid, stored, unfit } from "./fault.ts"
import { horizonOf } from "./log-group.ts"
import { UPLOAD_TOKEN } from "./log-stream.ts"
import { existingGroup, existingStream, namedGroup, streamArn } from "./names.ts"
import { permit } from "./permit.ts"
import { EVENT_OVERHEAD_BYTES, type EventStore } from "./segments/event-store.ts"

export function putLogEventsOperations(events: EventStore) {
  return {
    PutLogEvents: flow(async (call, input) => {
      const { group, stream, now } = await call.transact((inner) => {
        const named = namedGroup(inner, input)
        permit(inner, named, streamArn(named, named.name, input.logStreamName!))
        const group = existingGroup(inner, named)
        return { group, stream: existingStream(inner, group, input.logStreamName!), now: inner.now }
      })
      checkBatch(input.logEvents!)

      const { accepted, rejected } = sorted(input.logEvents!, now, horizonOf(group, now))
      if (accepted.length > 0) {
        await stored(
          events.append({
            group: group.id,
            stream: stream.id,
            ingestedAt: now,
            events: accepted.map(({ timestamp, message }) => ({ time: timestamp!, message: message! })),
          }),
        )
      }
      return { nextSequenceToken: UPLOAD_TOKEN, ...(rejected !== undefined && { rejectedLogEventsInfo: rejected }) }
    }),
  } satisfies Operations<typeof sdk>
}

function checkBatch(events: readonly sdk.InputLogEvent[]): void {
  if (events.length === 0) throw unfit("[]", "logEvents", "Member must have length greater than or equal to 1")
  if (events.length > EVENTS_MAX) {
    throw unfit("[...]", "logEvents", `Member must have length less than or equal to ${EVENTS_MAX}`)
  }
  let bytes = events.length * EVENT_OVERHEAD_BYTES
  let before = Number.NEGATIVE_INFINITY
  for (const [index, { timestamp, message }] of events.entries()) {
    const path = `logEvents.${index + 1}.member`
    if (message === "") throw unfit("", `${path}.message`, "Member must have length greater than or equal to 1")
    if (!(Number.isSafeInteger(timestamp) && timestamp! >= 0)) {
      throw unfit(timestamp, `${path}.timestamp`, "Member must have value greater than or equal to 0")
    }
    if (timestamp! < before) {
      throw invalid("Log events in a single PutLogEvents request must be in chronological order.")
    }
    before = timestamp!
    bytes += Buffer.byteLength(message!)
  }
  if (bytes > BATCH_BYTES_MAX) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`)
  if (before - events[0]!.timestamp! > SPAN_MS_MAX) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
  }
}

/** What is too old, expired or too new is left out, and the caller is told where it begins or ends. */
function sorted(events: readonly sdk.InputLogEvent[], now: number, horizon: number) {
  const before = (time: number) => {
    const index = events.findIndex(({ timestamp }) => timestamp! >= time)
    return index === -1 ? events.length : index
  }
  const oldEnd = before(now - PAST_MS_MAX)
  const expiredEnd = before(horizon)
  const newStart = before(now + FUTURE_MS_MAX + 1)
  const accepted = events.slice(Math.max(oldEnd, expiredEnd), newStart)
  const rejected: sdk.RejectedLogEventsInfo = {
    ...(newStart < events.length && { tooNewLogEventStartIndex: newStart }),
    ...(oldEnd > 0 && { tooOldLogEventEndIndex: oldEnd }),
    ...(expiredEnd > oldEnd && { expiredLogEventEndIndex: expiredEnd }),
  }
  return { accepted, rejected: accepted.length === events.length ? undefined : rejected }
}

const EVENTS_MAX = 10_000
const BATCH_BYTES_MAX = 1_048_576
const HOUR_MS = 60 * 60 * 1000
const SPAN_MS_MAX = 24 * HOUR_MS
const PAST_MS_MAX = 14 * 24 * HOUR_MS
const FUTURE_MS_MAX = 2 * HOUR_MS
