import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { type Call, flow, type Operations } from "../../aws/operations.ts"
import { type PageRequest, pageOf } from "../../aws/page.ts"
import { compareStrings } from "../../base/ordering.ts"
import { newHex } from "../../world/ids.ts"
import { fault, invalid, stored, unfit } from "./fault.ts"
import { authorizedGroup, horizonOf } from "./log-group.ts"
import { checkCount, checkedStreamName, existingGroup, existingStream, namedGroup, streamArn } from "./names.ts"
import { permit } from "./permit.ts"
import type { EventStore, StreamSummary } from "./segments/event-store.ts"
import { deletedStreams, type LogGroup, type LogStream, logStreamKey, logStreams } from "./tables.ts"

export function logStreamOperations(events: EventStore) {
  return {
    CreateLogStream(call, input) {
      const named = namedGroup(call, input)
      const name = checkedStreamName(input.logStreamName!, "logStreamName")
      permit(call, named, streamArn(named, named.name, name))
      const group = existingGroup(call, named)
      if (call.tx.get(logStreams, logStreamKey(group.id, name)) !== undefined) {
        throw fault("ResourceAlreadyExistsException", "The specified log stream already exists")
      }
      call.tx.put(logStreams, { groupId: group.id, name, id: newHex(call.random, ID_DIGITS), createdAt: call.now })
      return {}
    },

    DeleteLogStream(call, input) {
      const named = namedGroup(call, input)
      permit(call, named, streamArn(named, named.name, input.logStreamName!))
      const group = existingGroup(call, named)
      const stream = existingStream(call, group, input.logStreamName!)
      call.tx.delete(logStreams, logStreamKey(group.id, stream.name))
      call.tx.put(deletedStreams, { id: stream.id, deletedAt: call.now })
      return {}
    },

    DescribeLogStreams: flow(async (call, input) => {
      const { logStreamNamePrefix: prefix, orderBy = "LogStreamName", descending = false, limit = 50 } = input
      const group = await call.transact((inner) => authorizedGroup(inner, input))
      checkCount(limit, "limit", 50)
      if (orderBy !== "LogStreamName" && orderBy !== "LastEventTime") {
        throw unfit(orderBy, "orderBy", "Member must satisfy enum value set: [LogStreamName, LastEventTime]")
      }
      if (prefix !== undefined && orderBy === "LastEventTime") {
        throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
      }
      const summaries = await stored(events.summaries(group.id))

      return call.transact((inner) => {
        const { nextToken, limit: _, ...filters } = input
        const order = orderBy === "LastEventTime" ? byTime(inner, group, summaries) : byName(inner, group, prefix)
        const listing = pageOf(inner, {
          token: nextToken,
          limit,
          filters,
          list: ({ after, limit }) => {
            const inOrder = descending ? order.streams.toReversed() : order.streams
            const sign = descending ? -1 : 1
            return inOrder
              .filter((stream) => after === undefined || compareStrings(order.position(stream), after) * sign > 0)
              .slice(0, limit)
          },
          position: order.position,
          invalidToken: () => invalid("The specified nextToken is invalid."),
        })
        const horizon = horizonOf(group, inner.now)
        return {
          logStreams: listing.page.map((stream) => describe(inner, group, stream, summaries.get(stream.id), horizon)),
          ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
        }
      })
    }),
  } satisfies Operations<typeof sdk>
}

interface Order extends Pick<PageRequest<LogStream>, "position"> {
  readonly streams: readonly LogStream[]
}

function byName(call: Call, group: LogGroup, prefix = ""): Order {
  const streams = call.tx.list(logStreams, { where: ["group", group.id] })
  return { streams: streams.filter(({ name }) => name.startsWith(prefix)), position: ({ name }) => name }
}

function byTime(call: Call, group: LogGroup, summaries: ReadonlyMap<string, StreamSummary>): Order {
  const position = ({ id, name }: LogStream) => `${String(summaries.get(id)?.last ?? 0).padStart(16, "0")} ${name}`
  const keyed = call.tx.where(logStreams, "group", group.id).map((stream) => [position(stream), stream] as const)
  return { streams: keyed.sort(([a], [b]) => compareStrings(a, b)).map(([, stream]) => stream), position }
}

function describe(
  call: Call,
  group: LogGroup,
  { name, createdAt }: LogStream,
  summary: StreamSummary | undefined,
  horizon: number,
): sdk.LogStream {
  return {
    logStreamName: name,
    creationTime: createdAt,
    // Events beyond the retention may still lie on disk; nobody is shown that they do.
    ...(summary !== undefined &&
      summary.last >= horizon && {
        firstEventTimestamp: Math.max(summary.first, horizon),
        lastEventTimestamp: summary.last,
        lastIngestionTime: summary.ingestedAt,
      }),
    uploadSequenceToken: UPLOAD_TOKEN,
    arn: streamArn(call, group.name, name),
    storedBytes: 0,
  }
}

/** Old clients want one to send back; nobody looks at it any more. */
export const UPLOAD_TOKEN = "4".padEnd(56, "9")
const ID_DIGITS = 24
