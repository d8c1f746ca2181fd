import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs"
import { sdkHandler } from "../../src/aws/testing.ts"
import type { Setting } from "./setting.ts"

/** A group with two streams and a few events, and another group that nobody needs. */
export const logsSetting: Setting = {
  client: "cloudwatch-logs",

  async prepare({ account, credentials, door, world }) {
    const logs = new CloudWatchLogs({
      region: "us-east-1",
      credentials,
      maxAttempts: 1,
      requestHandler: sdkHandler(door, world) as never,
      systemClockOffset: world.now() - Date.now(),
    })
    for (const logGroupName of ["/known", "/spare"]) await logs.createLogGroup({ logGroupName, tags: { team: "a" } })
    await logs.putRetentionPolicy({ logGroupName: "/known", retentionInDays: 7 })
    for (const logStreamName of ["one", "two"]) {
      const named = { logGroupName: "/known", logStreamName }
      await logs.createLogStream(named)
      const logEvents = ["first", "second"].map((message, at) => ({ timestamp: world.now() - 10 + at, message }))
      await logs.putLogEvents({ ...named, logEvents })
    }
    const stream = { logGroupName: "/known", logStreamName: "one" }
    const arn = `arn:aws:logs:us-east-1:${account}:log-group:/known`
    return {
      names: {
        logGroupName: "/known",
        logGroupIdentifier: "/known",
        logGroupIdentifiers: arn,
        logGroupNamePrefix: "/",
        logStreamName: "one",
        logStreamNames: "one",
        logStreamNamePrefix: "o",
        resourceArn: arn,
      },
      inputs: {
        CreateLogGroup: { logGroupName: "/new" },
        DeleteLogGroup: { logGroupName: "/spare" },
        PutRetentionPolicy: { logGroupName: "/known", retentionInDays: 30 },
        CreateLogStream: { logGroupName: "/known", logStreamName: "new" },
        DescribeLogStreams: { logGroupName: "/known" },
        PutLogEvents: { ...stream, logEvents: [{ timestamp: world.now(), message: "third" }] },
        GetLogEvents: { ...stream, startFromHead: true },
        FilterLogEvents: { logGroupName: "/known", filterPattern: "second" },
        StartLiveTail: { logGroupIdentifiers: [arn] },
        TagResource: { resourceArn: arn, tags: { stage: "test" } },
        UntagResource: { resourceArn: arn, tagKeys: ["team"] },
        TagLogGroup: { logGroupName: "/known", tags: { stage: "test" } },
        UntagLogGroup: { logGroupName: "/known", tags: ["team"] },
      },
    }
  },

  refusals: {},
}
