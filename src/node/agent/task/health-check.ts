import type { ExecResult } from "../../engine/engine.ts"
import type { ImageHealthCheck } from "../../engine/image.ts"
import type { HealthRecord } from "../records.ts"

export interface HealthCheck {
  readonly command: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly startPeriodMs: number
  readonly retries: number
}

/** What is asked for, with the image's own check for what is not; undefined when there is none, or it is turned off. */
export function healthCheckOf(asked: ImageHealthCheck = {}, image: ImageHealthCheck = {}): HealthCheck | undefined {
  const [kind, ...words] = asked.Test?.length ? asked.Test : (image.Test ?? [])
  const command = kind === "CMD" ? words : kind === "CMD-SHELL" ? ["/bin/sh", "-c", words.join(" ")] : []
  if (command.length === 0) return undefined
  const ms = (name: "Interval" | "Timeout" | "StartPeriod", otherwise: number) =>
    (asked[name] || image[name] || otherwise * NANOSECONDS_PER_MS) / NANOSECONDS_PER_MS
  return {
    command,
    intervalMs: ms("Interval", 30_000),
    timeoutMs: ms("Timeout", 30_000),
    startPeriodMs: ms("StartPeriod", 0),
    retries: asked.Retries || image.Retries || 3,
  }
}

export interface Streak {
  readonly health: HealthRecord

  /** How often it failed in a row, as far as that counts. */
  readonly failures: number
}

/**
 * A probe's outcome, judged as Docker does: one success makes it healthy at once; failures count only after the start
 * period, or once it was healthy, and as many in a row as there are retries make it unhealthy.
 */
export function judge(
  check: HealthCheck,
  before: Streak,
  result: ExecResult,
  begunAt: number,
  startedAt: number,
): Streak {
  const { exitCode } = result
  const output = result.output.slice(0, OUTPUT_LENGTH_MAX)
  if (exitCode === 0) return { health: moved(before.health, "HEALTHY", begunAt, exitCode, output), failures: 0 }

  const isStarting = before.health.status === "UNKNOWN" && begunAt - startedAt < check.startPeriodMs
  const failures = before.failures + (isStarting ? 0 : 1)
  const status = failures >= check.retries ? "UNHEALTHY" : before.health.status
  return { health: moved(before.health, status, begunAt, exitCode, output), failures }
}

function moved(
  before: HealthRecord,
  status: HealthRecord["status"],
  at: number,
  exitCode: number,
  output: string,
): HealthRecord {
  return { status, since: status === before.status ? before.since : at, exitCode, output }
}

export const OUTPUT_LENGTH_MAX = 4096
const NANOSECONDS_PER_MS = 1_000_000
