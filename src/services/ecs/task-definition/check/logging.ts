import type { LogDriver } from "@aws-sdk/client-ecs"
import type { FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkLogging({ containerDefinitions: containers }: FilledDefinition): void {
  const hasRouter = containers.some(({ firelensConfiguration }) => firelensConfiguration !== undefined)
  for (const { logConfiguration: log } of containers) {
    if (log === undefined) continue
    const driver = log.logDriver!
    if (!LOG_DRIVERS.includes(driver)) throw refusal(invalidDriver(driver, LOG_DRIVERS))

    const given = [...Object.keys(log.options ?? {}), ...(log.secretOptions ?? []).map(({ name }) => name)]
    const missing = (REQUIRED_OPTIONS[driver] ?? []).filter((option) => !given.includes(option))
    if (missing.length > 0) throw refusal(`Log driver ${driver} requires options: ${missing.join(", ")}`)
    if (driver === "awsfirelens" && !hasRouter) {
      throw refusal(
        "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.",
      )
    }
  }
}

export function invalidDriver(driver: LogDriver, drivers: readonly LogDriver[]): string {
  return `${driver} is not a valid log driver. Must be one of [${drivers.join(",")}]`
}

const LOG_DRIVERS: readonly LogDriver[] = [
  "awslogs",
  "fluentd",
  "gelf",
  "json-file",
  "journald",
  "syslog",
  "splunk",
  "awsfirelens",
]

/** A secret option counts as well as a plain one. */
const REQUIRED_OPTIONS: Readonly<Partial<Record<LogDriver, readonly string[]>>> = {
  awslogs: ["awslogs-region", "awslogs-group"],
  splunk: ["splunk-token", "splunk-url"],
}
