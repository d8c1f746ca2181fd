import { startTimeOf } from "../../linux/process-start.ts"

/** Names a process for good, as `pid startTime`; undefined when there is none with this number. */
export function processIdentity(pid: number): string | undefined {
  const startTime = startTimeOf(pid)
  return startTime === undefined ? undefined : `${pid} ${startTime}`
}

export function isAlive(identity: string): boolean {
  return processIdentity(Number.parseInt(identity, 10)) === identity
}
