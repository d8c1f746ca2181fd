import { arnOf, parseArn } from "../../aws/arn.ts"
import type { Call } from "../../aws/operations.ts"
import { fault, invalid, unfit } from "./fault.ts"
import { type LogGroup, type LogStream, logGroups, logStreamKey, logStreams } from "./tables.ts"

type Home = Pick<Call, "account" | "region">

/** As tagging and `logGroupIdentifier` have it. */
export function groupArn(home: Home, name: string): string {
  return arnOf("logs", home, `log-group:${name}`)
}

/** As policies see a group: one that allows `log-group:NAME:*` allows this. */
export function groupResource(home: Home, name: string): string {
  return streamArn(home, name, "")
}

export function streamArn(home: Home, group: string, stream: string): string {
  return arnOf("logs", home, `log-group:${group}:log-stream:${stream}`)
}

export interface GroupInput {
  readonly logGroupName?: string | undefined
  readonly logGroupIdentifier?: string | undefined
}

/** A group as a caller names it: whose it is, before anyone looks whether it is there. */
export interface NamedGroup extends Home {
  readonly name: string
}

export function namedGroup(call: Home, { logGroupName, logGroupIdentifier }: GroupInput): NamedGroup {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
  }
  if (logGroupIdentifier !== undefined) return identifiedGroup(call, logGroupIdentifier)
  if (logGroupName === undefined) throw invalid("LogGroup name or LogGroup ARN is required.")
  return { account: call.account, region: call.region, name: checkedGroupName(logGroupName, "logGroupName") }
}

/** By name or by ARN. */
export function identifiedGroup(call: Home, identifier: string): NamedGroup {
  if (!identifier.startsWith("arn:")) {
    return { account: call.account, region: call.region, name: checkedGroupName(identifier, "logGroupIdentifier") }
  }
  const arn = parseArn(identifier)
  const name = /^log-group:([^:]+)$/.exec(arn?.resource ?? "")?.[1]
  if (arn?.service !== "logs" || name === undefined) {
    throw unfit(identifier, "logGroupIdentifier", "Member must satisfy regular expression pattern: [\\w#+=/:,.@-]*")
  }
  return { account: arn.account, region: arn.region, name: checkedGroupName(name, "logGroupIdentifier") }
}

/** The group, if it is there and the caller's own. Who may not see another's has been told so by `authorize`. */
export function existingGroup(call: Call, { account, region, name }: NamedGroup): LogGroup {
  const group = account === call.account && region === call.region ? call.tx.get(logGroups, name) : undefined
  if (group === undefined) throw fault("ResourceNotFoundException", "The specified log group does not exist.")
  return group
}

export function existingStream(call: Call, group: LogGroup, name: string): LogStream {
  const stream = call.tx.get(logStreams, logStreamKey(group.id, checkedStreamName(name, "logStreamName")))
  if (stream === undefined) throw fault("ResourceNotFoundException", "The specified log stream does not exist.")
  return stream
}

export function checkedGroupName(name: string, path: string): string {
  checkLength(name, path)
  if (!/^[.\-_/#A-Za-z0-9]+$/.test(name)) {
    throw unfit(name, path, "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")
  }
  return name
}

export function checkedStreamName(name: string, path: string): string {
  checkLength(name, path)
  if (/[:*]/.test(name)) throw unfit(name, path, "Member must satisfy regular expression pattern: [^:*]*")
  return name
}

export function checkLength(text: string, path: string, max = 512): void {
  if (text.length < 1) throw unfit(text, path, "Member must have length greater than or equal to 1")
  if (text.length > max) throw unfit(text, path, `Member must have length less than or equal to ${max}`)
}

export function checkCount(count: number | undefined, path: string, max: number): void {
  if (count === undefined) return
  if (count < 1) throw unfit(count, path, "Member must have value greater than or equal to 1")
  if (count > max) throw unfit(count, path, `Member must have value less than or equal to ${max}`)
}
