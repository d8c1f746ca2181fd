import { codec, type MessageOf } from "./frame.ts"
import {
  choice,
  flag,
  id,
  list,
  Malformed,
  number,
  type Of,
  optional,
  type Shape,
  struct,
  text,
  whole,
} from "./shape.ts"

// The telemetry service: an agent tells what its containers use and how they are. Field names are the protocol's.

/** What was measured since the last time, about once a second. */
const measured = struct({ min: number, max: number, sampleCount: whole, sum: number })

/** Of whole numbers that may grow beyond 63 bits; what is beyond stands apart. */
const counted = struct({
  min: number,
  max: number,
  sampleCount: whole,
  sum: number,
  overflowMin: optional(number),
  overflowMax: optional(number),
  overflowSum: optional(number),
})

const serviceConnectMetrics = struct({
  /** `1` for what comes in, `2` for what goes out. */
  metricType: text,
  dimensions: list(struct({ key: text, value: text })),
  generalMetrics: list(struct({ metricName: text, metricValues: list(number), metricCounts: list(whole) })),
})

const containerMetrics = struct({
  containerName: id,
  containerArn: optional(text),

  /** In per cent of all the host's processors together. */
  cpuStatsSet: measured,

  /** In MiB. */
  memoryStatsSet: measured,
  networkStatsSet: optional(
    struct({
      rxBytes: counted,
      rxDropped: counted,
      rxErrors: counted,
      rxPackets: counted,
      txBytes: counted,
      txDropped: counted,
      txErrors: counted,
      txPackets: counted,
      rxBytesPerSecond: optional(measured),
      txBytesPerSecond: optional(measured),
    }),
  ),
  storageStatsSet: optional(struct({ readSizeBytes: counted, writeSizeBytes: counted })),
  restartStatsSet: optional(struct({ restartCount: whole })),
})

const described = {
  taskArn: id,
  clusterArn: optional(text),
  taskDefinitionFamily: optional(text),
  taskDefinitionVersion: optional(text),
}

const taskMetrics = struct({
  ...described,
  containerMetrics: list(containerMetrics),
  volumeMetrics: optional(
    list(struct({ volumeId: text, volumeName: text, utilized: optional(measured), size: optional(measured) })),
  ),
  serviceConnectMetricsWrapper: optional(list(serviceConnectMetrics)),
})
export type TaskMetrics = Of<typeof taskMetrics>

const metrics = struct({
  /** In seconds since 1970. */
  timestamp: number,
  metadata: struct({
    cluster: text,
    containerInstance: text,

    /** Whether nothing runs. */
    idle: flag,

    /** Whether this is the last frame of its batch, which has one message id. */
    fin: flag,
    messageId: id,
  }),
  taskMetrics: optional(list(taskMetrics)),
})
export type Metrics = Of<typeof metrics>

const taskHealth = struct({
  ...described,
  containers: list(
    struct({
      containerName: id,
      healthStatus: choice("HEALTHY", "UNHEALTHY", "UNKNOWN"),
      statusSince: optional(number),
      statusMessage: optional(text),
    }),
  ),
})
export type TaskHealth = Of<typeof taskHealth>

const health = struct({
  timestamp: number,
  metadata: struct({ cluster: text, containerInstance: text, fin: flag, messageId: id }),
  tasks: optional(list(taskHealth)),
})
export type Health = Of<typeof health>

const instanceStatus = struct({
  timestamp: number,
  metadata: struct({ cluster: text, containerInstance: text, requestId: text }),
  statuses: list(
    struct({
      type: text,
      status: choice("OK", "IMPAIRED", "INITIALIZING", "INSUFFICIENT_DATA"),
      lastUpdated: optional(number),
      lastStatusChange: optional(number),
      statusReason: optional(text),
    }),
  ),
})

export type InstanceStatus = Of<typeof instanceStatus>

/** From an agent to the region. Each of these frames comes with its own signature, see `withSignature`. */
export const tcsFromAgent = codec({
  PublishMetricsRequest: metrics,
  PublishHealthRequest: health,
  PublishInstanceStatusRequest: instanceStatus,
})
export type TcsFromAgent = MessageOf<typeof tcsFromAgent.vocabulary>

const notice: Shape<{ readonly message?: string | undefined }> = struct({ message: optional(text) })

/** From the region to an agent. An acknowledgement names no message: there is one for each frame. */
export const tcsFromRegion = codec({
  HeartbeatMessage: struct({ healthy: flag }),
  AckPublishMetric: notice,
  AckPublishHealth: notice,
  AckPublishInstanceStatus: notice,
  StopTelemetrySessionMessage: notice,
  BadRequestException: notice,
  ResourceValidationException: notice,
  InvalidParameterException: notice,
  ServerException: notice,
})
export type TcsFromRegion = MessageOf<typeof tcsFromRegion.vocabulary>

/** A frame as agents send it: the headers of a signature over it, as HTTP would have them, and then the JSON. */
export function withSignature(headers: Readonly<Record<string, string>>, json: string): string {
  const lines = Object.keys(headers)
    .toSorted()
    .map((name) => `${name}: ${headers[name]}\r\n`)
  return `${lines.join("")}\r\n${json}`
}

/** The JSON of such a frame; a frame without headers is taken as well. */
export function withoutSignature(frame: string): string {
  if (frame.startsWith("{")) return frame
  const end = frame.indexOf("\r\n\r\n")
  if (end === -1 || end > HEADERS_LENGTH_MAX) throw new Malformed("the headers of a frame have no end")
  return frame.slice(end + 4)
}

/** A session's token is the longest of them, at a kilobyte or two. */
const HEADERS_LENGTH_MAX = 16 * 2 ** 10
