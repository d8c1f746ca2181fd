import { expect, test } from "vitest"
import { tcsFromAgent, tcsFromRegion, withoutSignature, withSignature } from "./tcs.ts"

const CLUSTER = "c1"
const INSTANCE = "arn:aws:ecs:us-east-1:111122223333:container-instance/c1/0123456789abcdef0123456789abcdef"
const TASK = "arn:aws:ecs:us-east-1:111122223333:task/c1/9f00"
const UNSIGNED_LONG = { max: 9, min: 1, overflowMax: 0, overflowMin: 0, overflowSum: 0, sampleCount: 20, sum: 80 }
const RATE = { max: 1.5, min: 0, sampleCount: 20, sum: 12.25 }

// What the open-source agent puts on the wire, member by member.
const METRICS = {
  metadata: { cluster: CLUSTER, containerInstance: INSTANCE, fin: true, idle: false, messageId: "b-1" },
  taskMetrics: [
    {
      taskArn: TASK,
      taskDefinitionFamily: "web",
      taskDefinitionVersion: "3",
      containerMetrics: [
        {
          containerName: "app",
          containerArn: "arn:aws:ecs:us-east-1:111122223333:container/c1/9f00/1",
          cpuStatsSet: { max: 12.5, min: 0.25, sampleCount: 20, sum: 60.5 },
          memoryStatsSet: { max: 64, min: 60, sampleCount: 20, sum: 1240 },
          networkStatsSet: {
            rxBytes: UNSIGNED_LONG,
            rxBytesPerSecond: RATE,
            rxDropped: UNSIGNED_LONG,
            rxErrors: UNSIGNED_LONG,
            rxPackets: UNSIGNED_LONG,
            txBytes: UNSIGNED_LONG,
            txBytesPerSecond: RATE,
            txDropped: UNSIGNED_LONG,
            txErrors: UNSIGNED_LONG,
            txPackets: UNSIGNED_LONG,
          },
          restartStatsSet: { restartCount: 1 },
          storageStatsSet: { readSizeBytes: UNSIGNED_LONG, writeSizeBytes: UNSIGNED_LONG },
        },
      ],
      volumeMetrics: [{ volumeId: "vol-1", volumeName: "data", utilized: RATE, size: RATE }],
      serviceConnectMetricsWrapper: [
        {
          metricType: "1",
          dimensions: [{ key: "DiscoveryName", value: "web" }],
          generalMetrics: [{ metricName: "RequestCount", metricValues: [5], metricCounts: [1] }],
        },
      ],
    },
  ],
  timestamp: 1767225600.123,
}
const IDLE = {
  metadata: { cluster: CLUSTER, containerInstance: INSTANCE, fin: true, idle: true, messageId: "b-2" },
  taskMetrics: [],
  timestamp: 1767225620.0,
}
const HEALTH = {
  metadata: { cluster: CLUSTER, containerInstance: INSTANCE, fin: true, messageId: "b-3" },
  tasks: [
    {
      taskArn: TASK,
      taskDefinitionFamily: "web",
      taskDefinitionVersion: "3",
      containers: [{ containerName: "app", healthStatus: "HEALTHY", statusSince: 1767225600 }],
    },
  ],
  timestamp: 1767225620.5,
}
const STATUS = {
  metadata: { cluster: CLUSTER, containerInstance: INSTANCE, requestId: "r-1" },
  statuses: [
    { lastStatusChange: 1767225600, lastUpdated: 1767225600, status: "INITIALIZING", type: "ContainerRuntime" },
  ],
  timestamp: 1767225620.5,
}
const HEADERS = {
  "X-Amz-Date": "20260101T000000Z",
  Authorization: "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host;x-amz-date",
  Host: "127.0.0.1:4566",
}

test("every frame that an agent publishes is understood behind the headers of its signature", () => {
  for (const [type, message] of [
    ["PublishMetricsRequest", METRICS],
    ["PublishMetricsRequest", IDLE],
    ["PublishHealthRequest", HEALTH],
    ["PublishInstanceStatusRequest", STATUS],
  ] as const) {
    const json = JSON.stringify({ type, message })
    const frame = withSignature(HEADERS, json)
    expect(frame).toMatch(/^Authorization: AWS4[^\r]*\r\nHost: [^\r]*\r\nX-Amz-Date: [^\r]*\r\n\r\n\{/)
    expect(withoutSignature(frame)).toBe(json)
    expect(tcsFromAgent.decode(withoutSignature(frame))).toEqual({ type, message })
    expect(JSON.parse(tcsFromAgent.encode(type as "PublishMetricsRequest", message as never))).toEqual({
      type,
      message,
    })
  }
})

test("a frame without headers is taken, one whose headers never end is not", () => {
  expect(withoutSignature('{"type":"x"}')).toBe('{"type":"x"}')
  expect(() => withoutSignature("Host: a\r\nX-Amz-Date: b")).toThrow("have no end")
  expect(() => withoutSignature(`${"a".repeat(20_000)}\r\n\r\n{}`)).toThrow("have no end")
})

test("what only some agents measure is left out without harm", () => {
  const more = { ...METRICS, instanceMetrics: { storage: {} } }
  expect(tcsFromAgent.decode(JSON.stringify({ type: "PublishMetricsRequest", message: more }))?.message).toEqual(
    METRICS,
  )
})

test("the region answers in plain JSON", () => {
  expect(tcsFromRegion.encode("AckPublishMetric", { message: "" })).toBe(
    '{"type":"AckPublishMetric","message":{"message":""}}',
  )
  expect(tcsFromRegion.encode("HeartbeatMessage", { healthy: true })).toBe(
    '{"type":"HeartbeatMessage","message":{"healthy":true}}',
  )
})
