/**
 * Amazon CloudWatch Logs.
 *
 * Covers: log groups with their retention, tags and deletion protection; log streams; PutLogEvents; GetLogEvents,
 * FilterLogEvents with the whole language of filter patterns, and StartLiveTail.
 *
 * Leaves out, and says so when asked: metric filters, subscription filters and destinations, Insights queries, export
 * tasks, resource and account policies, data protection, anomaly detection, transformers, field indexes and deliveries;
 * of a log group `kmsKeyId` and every class but STANDARD; of DescribeLogGroups `includeLinkedAccounts`. There is nothing
 * to mask, so `unmask` makes no difference; `entity` of PutLogEvents is not kept.
 *
 * Unlike AWS on purpose: all times and sizes that Describe operations show are up to date at once. A token of
 * GetLogEvents is good for ever. FilterLogEvents searches 200,000 events for one answer, and then answers with what it
 * has found so far and a token. There are no quotas of requests but the front door's. A number and a text that looks
 * like it are the same to a filter pattern.
 *
 * Events are not in the store but in segments (docs/logs.md), on the disk of the process that leads. With several
 * replicas a new leader sees only the events that it has itself taken in; groups and streams move with the lead.
 */
import { type Service, service } from "../../aws/service.ts"
import { invalid } from "./fault.ts"
import { filterLogEventsOperations } from "./filter-log-events.ts"
import { getLogEventsOperations } from "./get-log-events.ts"
import { liveTailOperations } from "./live-tail.ts"
import { logGroupOperations } from "./log-group.ts"
import { logStreamOperations } from "./log-stream.ts"
import { putLogEventsOperations } from "./put-log-events.ts"
import type { EventStore } from "./segments/event-store.ts"
import { deletedStreams, logGroups, logStreams } from "./tables.ts"
import { tagOperations } from "./tag.ts"

export { type Delivered, deliver } from "./delivery.ts"
export { keepLogEvents } from "./keeper.ts"
export type { EventStore } from "./segments/event-store.ts"

export const logTables = [logGroups, logStreams, deletedStreams]

/** The service over a store of events, which whoever puts the region together makes and opens. */
export function logs(events: EventStore): Service {
  return service({
    name: "logs",
    hosts: ["logs", "stream-logs"],
    targetPrefix: "Logs_20140328",
    protocols: ["awsJson1_1"],
    sdk: () => import("@aws-sdk/client-cloudwatch-logs"),
    operations: {
      ...logGroupOperations(events),
      ...logStreamOperations(events),
      ...putLogEventsOperations(events),
      ...getLogEventsOperations(events),
      ...filterLogEventsOperations(events),
      ...liveTailOperations(events),
      ...tagOperations,
    },
    tables: logTables,
    // A batch of a mebibyte is several times as long once its control characters are written as JSON.
    bodyBytesMax: 8 * 2 ** 20,
    missing: ([path]) =>
      invalid(
        `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
      ),
  })
}
