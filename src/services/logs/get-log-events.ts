import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { flow, type Operations } from "../../aws/operations.ts"
import { behind, eventId, parseEventId } from "./event-position.ts"
import { invalid, stored } from "./fault.ts"
import { horizonOf } from "./log-group.ts"
import { checkCount, existingGroup, existingStream, namedGroup, streamArn } from "./names.ts"
import { permit } from "./permit.ts"
import {
  comparePositions,
  END,
  EVENT_OVERHEAD_BYTES,
  type EventStore,
  type Position,
  type ScanQuery,
  type StoredEvent,
  startOf,
} from "./segments/event-store.ts"

export function getLogEventsOperations(events: EventStore) {
  return {
    GetLogEvents: flow(async (call, input) => {
      const { group, stream, now } = await call.transact((inner) => {
        const named = namedGroup(inner, input)
        permit(inner, named, streamArn(named, named.name, input.logStreamName!))
        const group = existingGroup(inner, named)
        return { group, stream: existingStream(inner, group, input.logStreamName!), now: inner.now }
      })
      checkCount(input.limit, "limit", EVENTS_MAX)
      const token = input.nextToken ? parseToken(input.nextToken) : undefined
      const descending = token === undefined ? !input.startFromHead : token.direction === "b"

      const earliest = startOf(Math.max(input.startTime ?? 0, horizonOf(group, now)))
      const latest = input.endTime === undefined ? END : startOf(input.endTime)
      const from = token?.direction === "f" ? later(earliest, token.position) : earliest
      const to = token?.direction === "b" ? earlier(latest, token.position) : latest
      const query = { group: group.id, streams: new Set([stream.id]), from, to, descending }
      const page = await stored(firstOf(events, query, input.limit ?? EVENTS_MAX))

      // Where there is nothing more a token leads to itself, and by that a client knows the end.
      const nowhere = token?.position ?? from
      const first = page[0] ?? nowhere
      const last = page.at(-1)
      return {
        events: page.map(({ time, message, ingestedAt }) => ({ timestamp: time, message, ingestionTime: ingestedAt })),
        nextForwardToken: tokenOf("f", last === undefined ? nowhere : behind(last)),
        nextBackwardToken: tokenOf("b", first),
      }
    }),
  } satisfies Operations<typeof sdk>
}

/** As many as fit into an answer, in the order of time. */
async function firstOf(events: EventStore, query: ScanQuery, limit: number): Promise<readonly StoredEvent[]> {
  const page: StoredEvent[] = []
  let bytes = 0
  full: for await (const chunk of events.scan(query)) {
    for (const event of chunk) {
      bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES
      if (page.length > 0 && bytes > ANSWER_BYTES_MAX) break full
      page.push(event)
      if (page.length === limit) break full
    }
  }
  return query.descending ? page.reverse() : page
}

interface Token {
  readonly direction: "f" | "b"
  readonly position: Position
}

function tokenOf(direction: Token["direction"], position: Position): string {
  return `${direction}/${eventId(position)}/s`
}

function parseToken(token: string): Token {
  const [direction, id = "", end] = token.split("/")
  const position = parseEventId(id)
  if ((direction !== "f" && direction !== "b") || position === undefined || end !== "s") {
    throw invalid("The specified nextToken is invalid.")
  }
  return { direction, position }
}

function later(a: Position, b: Position): Position {
  return comparePositions(a, b) > 0 ? a : b
}

function earlier(a: Position, b: Position): Position {
  return comparePositions(a, b) < 0 ? a : b
}

const EVENTS_MAX = 10_000
const ANSWER_BYTES_MAX = 2 ** 20
