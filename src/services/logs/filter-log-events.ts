import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { type Call, type FlowCall, flow, type Operations } from "../../aws/operations.ts"
import { behind, eventId, parseEventId } from "./event-position.ts"
import { fault, invalid, stored } from "./fault.ts"
import { BadPattern, compilePattern } from "./filter/pattern.ts"
import { authorizedGroup, horizonOf } from "./log-group.ts"
import { checkCount } from "./names.ts"
import {
  EVENT_OVERHEAD_BYTES,
  type EventStore,
  type Position,
  type ScanQuery,
  startOf,
} from "./segments/event-store.ts"
import { type LogGroup, logStreamKey, logStreams } from "./tables.ts"
import { Turn } from "./turn.ts"

export function filterLogEventsOperations(events: EventStore) {
  return {
    FilterLogEvents: flow(async (call, input) => {
      const { group, names, now } = await call.transact((inner) => {
        const group = authorizedGroup(inner, input)
        return { group, names: wantedStreams(inner, group, input), now: inner.now }
      })
      checkCount(input.limit, "limit", EVENTS_MAX)
      const matches = matcher(input.filterPattern)
      const { nextToken, limit = EVENTS_MAX, ...filters } = input
      const binding = { ...call, filters }
      const opened = nextToken ? parseToken(call.pages.open(binding, nextToken)) : undefined

      const from = startOf(Math.max(input.startTime ?? 0, horizonOf(group, now)))
      // Unlike GetLogEvents, this one shows what happened at its end time too.
      const to = startOf((input.endTime ?? Number.POSITIVE_INFINITY) + 1)
      const descending = input.startFromHead === false
      const bounds = descending ? { from, to: opened ?? to } : { from: opened ?? from, to }
      const query = { group: group.id, streams: new Set(names.keys()), ...bounds, descending }
      const { page, next } = await stored(pageOf(call, events, query, { limit, matches, names }))
      return {
        events: page,
        searchedLogStreams: [],
        ...(next !== undefined && { nextToken: call.pages.seal(binding, eventId(next)) }),
      }
    }),
  } satisfies Operations<typeof sdk>
}

interface Wanted {
  readonly limit: number
  readonly matches: (message: string) => boolean

  /** Streams that the caller asked for, by their ids. */
  readonly names: ReadonlyMap<string, string>
}

/** As many as fit into an answer, or as were found until enough was searched; then a token leads on from there. */
async function pageOf(call: FlowCall, events: EventStore, query: ScanQuery, { limit, matches, names }: Wanted) {
  const page: sdk.FilteredLogEvent[] = []
  let bytes = 0
  let searched = 0
  const turn = new Turn(call.world, call.signal)
  for await (const chunk of events.scan(query)) {
    for (const event of chunk) {
      if (page.length === limit || searched === SEARCHED_MAX) return { page, next: placeOf(event, query) }
      searched += 1
      if (turn.isOver) await turn.next()
      if (!matches(event.message)) continue
      bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES
      if (page.length > 0 && bytes > ANSWER_BYTES_MAX) return { page, next: placeOf(event, query) }
      page.push({
        logStreamName: names.get(event.stream)!,
        timestamp: event.time,
        message: event.message,
        ingestionTime: event.ingestedAt,
        eventId: eventId(event),
      })
    }
  }
  return { page, next: undefined }
}

/** Where a search goes on with this event. */
function placeOf(event: Position, { descending }: ScanQuery): Position {
  return descending ? behind(event) : event
}

/** The streams of a group by their ids: those that are named, those whose names begin so, or all. */
function wantedStreams(call: Call, group: LogGroup, input: sdk.FilterLogEventsRequest): ReadonlyMap<string, string> {
  const { logStreamNames, logStreamNamePrefix: prefix = "" } = input
  if (logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.")
  }
  if (logStreamNames === undefined) {
    const streams = call.tx.where(logStreams, "group", group.id)
    return new Map(streams.filter(({ name }) => name.startsWith(prefix)).map(({ id, name }) => [id, name]))
  }
  if (logStreamNames.length > STREAMS_MAX) throw invalid(`At most ${STREAMS_MAX} log streams can be named.`)
  return new Map(
    logStreamNames.map((name) => {
      const stream = call.tx.get(logStreams, logStreamKey(group.id, name))
      if (stream === undefined) throw fault("ResourceNotFoundException", "The specified log stream does not exist.")
      return [stream.id, name]
    }),
  )
}

/** What an event's message must be like. */
export function matcher(pattern = ""): (message: string) => boolean {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (error instanceof BadPattern) throw invalid(`Invalid filter pattern: ${error.message}`)
    throw error
  }
}

function parseToken(position: string | undefined): Position {
  const parsed = position === undefined ? undefined : parseEventId(position)
  if (parsed === undefined) throw invalid("The specified nextToken is invalid.")
  return parsed
}

const EVENTS_MAX = 10_000
const ANSWER_BYTES_MAX = 2 ** 20
const STREAMS_MAX = 100

/** A request that finds little answers with what it has found by then, as on AWS. */
const SEARCHED_MAX = 200_000
