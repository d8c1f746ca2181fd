import { type InstanceStatus, type TaskHealth, type TaskMetrics, tcsFromAgent } from "../../../wire/tcs.ts"

/** Whose telemetry it is. */
export interface Reporter {
  readonly cluster: string
  readonly containerInstance: string
}

export interface Moment {
  readonly now: number
  readonly messageId: () => string
}

/**
 * What was measured, in as many frames as it takes; they have one id, and the last says that it is. Nothing is said
 * of tasks that have no samples yet, but that nothing runs is.
 */
export function metricsFrames(
  reporter: Reporter,
  { now, messageId }: Moment,
  metrics: readonly TaskMetrics[],
  idle: boolean,
): string[] {
  if (metrics.length === 0 && !idle) return []
  const id = messageId()
  const parts = metrics.length === 0 ? [[]] : split(metrics)
  return parts.map((taskMetrics, index) =>
    tcsFromAgent.encode("PublishMetricsRequest", {
      timestamp: now / 1000,
      metadata: { ...reporter, idle: metrics.length === 0, fin: index === parts.length - 1, messageId: id },
      ...(taskMetrics.length > 0 && { taskMetrics }),
    }),
  )
}

export function healthFrames(reporter: Reporter, { now, messageId }: Moment, health: readonly TaskHealth[]): string[] {
  if (health.length === 0) return []
  const id = messageId()
  const parts = split(health)
  return parts.map((tasks, index) =>
    tcsFromAgent.encode("PublishHealthRequest", {
      timestamp: now / 1000,
      metadata: { ...reporter, fin: index === parts.length - 1, messageId: id },
      tasks,
    }),
  )
}

export function statusFrame(
  reporter: Reporter,
  { now, messageId }: Moment,
  statuses: InstanceStatus["statuses"],
): string {
  return tcsFromAgent.encode("PublishInstanceStatusRequest", {
    timestamp: now / 1000,
    metadata: { ...reporter, requestId: messageId() },
    statuses,
  })
}

/** Into lists that fit a frame each. */
function split<T>(items: readonly T[]): T[][] {
  const parts: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    const more = Buffer.byteLength(JSON.stringify(item)) + 1
    if (bytes + more > BYTES_MAX || parts.at(-1)!.length === COUNT_MAX) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(item)
    bytes += more
  }
  return parts
}

const COUNT_MAX = 10

/** A mebibyte with everything that stands around the list, and the signature before it. */
const BYTES_MAX = 2 ** 20 - 8 * 2 ** 10
