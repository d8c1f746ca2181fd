import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs"
import { sdkHandler } from "../../aws/testing.ts"
import { catalogOver } from "../catalog.ts"
import { startWorld, type TestWorld, type TestWorldOptions } from "../testing.ts"
import type { EventStore } from "./segments/event-store.ts"
import { memoryEventStore } from "./segments/memory.ts"

export interface LogsWorld extends TestWorld {
  readonly logs: CloudWatchLogs
  readonly events: EventStore

  /** Lets time pass for the region and for its caller's clock. */
  pass(ms: number): Promise<void>

  /** The caller of another account, or of another region. */
  logsAs(options: Parameters<TestWorld["as"]>[0]): CloudWatchLogs
}

/** A region with logs in the test's own process. */
export async function startLogs(
  events: EventStore = memoryEventStore(),
  options: TestWorldOptions = {},
): Promise<LogsWorld> {
  const region = await startWorld({ services: catalogOver({ logEvents: events }), ...options })
  const client = ({ credentials }: Pick<TestWorld, "credentials">, at = "us-east-1") =>
    new CloudWatchLogs({
      region: at,
      credentials,
      maxAttempts: 1,
      requestHandler: sdkHandler(region.door, region.world) as never,
      systemClockOffset: region.world.now() - Date.now(),
    })
  const own = client(region)
  return {
    ...region,
    events,
    logs: own,
    async pass(ms) {
      await region.world.advance(ms)
      own.config.systemClockOffset += ms
    },
    logsAs: (caller) => client(region.as(caller), caller.region),
  }
}

/** Puts messages into a stream, each a millisecond after the one before; the last one is now. */
export async function putMessages(
  { logs, world }: Pick<LogsWorld, "logs" | "world">,
  logGroupName: string,
  logStreamName: string,
  messages: readonly string[],
): Promise<void> {
  const first = world.now() - messages.length + 1
  const logEvents = messages.map((message, index) => ({ timestamp: first + index, message }))
  await logs.putLogEvents({ logGroupName, logStreamName, logEvents })
}

/** A group with streams. */
export async function makeStreams(
  { logs }: Pick<LogsWorld, "logs">,
  logGroupName: string,
  names: readonly string[],
): Promise<void> {
  await logs.createLogGroup({ logGroupName })
  for (const logStreamName of names) await logs.createLogStream({ logGroupName, logStreamName })
}
