import type { World } from "../../world/world.ts"
import { AwslogsDriver, type AwslogsDriverOptions } from "./awslogs/driver.ts"
import { connectLog } from "./connection.ts"
import type { LogDriver } from "./driver.ts"
import { fluentdDriver } from "./fluentd/driver.ts"
import { gelfDriver } from "./gelf/driver.ts"
import { connectJournal, isJournal } from "./journald/connection.ts"
import { journaldDriver } from "./journald/driver.ts"
import { JsonFileDriver } from "./json-file/driver.ts"
import { noneDriver } from "./none.ts"
import { splunkDriver } from "./splunk/driver.ts"
import { postOverHttp } from "./splunk/post.ts"
import { syslogDriver } from "./syslog/driver.ts"

export interface LogDriversOptions extends Omit<AwslogsDriverOptions, "world"> {
  readonly world: World

  /** Where the files of `json-file` lie. */
  readonly folder: string
  readonly hostname: string
  readonly pid: number

  /** The socket of the machine's journal, where it is not at its usual place. */
  readonly journal?: string
}

/** All that a node can do with a log, by the names that task definitions use. */
export function logDrivers(options: LogDriversOptions): ReadonlyMap<string, LogDriver> {
  const { world, folder, hostname, pid, journal = JOURNAL } = options
  const journald = journaldDriver(world, () => connectJournal(world, journal))
  return new Map<string, LogDriver>([
    ["awslogs", new AwslogsDriver(options)],
    ["json-file", new JsonFileDriver(world, folder)],
    ["syslog", syslogDriver(world, connectLog, { hostname, pid })],
    ["fluentd", fluentdDriver(world, connectLog)],
    ["gelf", gelfDriver(world, connectLog, hostname)],
    ["splunk", splunkDriver(world, postOverHttp, hostname)],
    ...(isJournal(journal) ? [["journald", journald] as const] : []),
    ["none", noneDriver],
  ])
}

const JOURNAL = "/run/systemd/journal/socket"

/** Of a container whose task definition names no driver: what a person looks at, within bounds. */
export const LOG_DEFAULTS = { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } as const
