import { accountOf, regionOf, type Scope } from "../../store/changes.ts"
import type { FabricFlow, FabricInterfaceFlows } from "../../wire/fabric.ts"
import { type FlowLog, type FlowLogField, fieldsOf, type NetworkInterface, versionOf, zonesOf } from "../ec2/index.ts"

/** A line of a log, and its time. */
export interface FlowEvent {
  /** Milliseconds since 1970, in whole seconds, as records have them. */
  readonly time: number
  readonly message: string
}

/** An interface, and whose it is. */
export interface Subject {
  readonly one: NetworkInterface
  readonly scope: Scope
}

/** What a flow log says of an interval, in the order of time. */
export function flowEvents(
  { trafficType, logFormat }: Pick<FlowLog, "trafficType" | "logFormat">,
  subject: Subject,
  interval: FabricInterfaceFlows,
): FlowEvent[] {
  const fields = fieldsOf(logFormat)
  const common = commonValues(fields, subject)
  const event = (startedAt: number, values: Values): FlowEvent => ({
    time: secondsOf(startedAt) * 1000,
    message: fields.map((field) => values[field] ?? common[field] ?? "-").join(" "),
  })
  const bare = (status: string) =>
    event(interval.startedAt, {
      start: String(secondsOf(interval.startedAt)),
      end: String(secondsOf(interval.endedAt)),
      "log-status": status,
    })

  const wanted = interval.flows.filter(
    ({ isAccepted }) => trafficType === "ALL" || (trafficType === "ACCEPT") === isAccepted,
  )
  const events = wanted.map((flow) => event(flow.startedAt, flowValues(flow, subject)))
  if (interval.isIncomplete) events.push(bare("SKIPDATA"))
  else if (interval.flows.length === 0) events.push(bare("NODATA"))
  return events.sort((a, b) => a.time - b.time)
}

type Values = Partial<Record<FlowLogField, string>>

function commonValues(fields: readonly FlowLogField[], { one, scope }: Subject): Values {
  return {
    version: String(versionOf(fields)),
    "account-id": accountOf(scope),
    "interface-id": one.id,
    "vpc-id": one.vpcId,
    "subnet-id": one.subnetId,
    region: regionOf(scope),
    "az-id": zonesOf(regionOf(scope)).find(({ name }) => name === one.zone)?.id ?? "-",
  }
}

function flowValues(flow: FabricFlow, { one }: Subject): Values {
  const { source, destination, isIngress } = flow
  return {
    // The interface's own end is shown by its primary address, whichever of its addresses the packets had.
    srcaddr: isIngress ? source : primaryOf(one, source),
    dstaddr: isIngress ? primaryOf(one, destination) : destination,
    "pkt-srcaddr": source,
    "pkt-dstaddr": destination,
    srcport: String(flow.sourcePort),
    dstport: String(flow.destinationPort),
    protocol: String(flow.protocol),
    packets: String(flow.packets),
    bytes: String(flow.bytes),
    start: String(secondsOf(flow.startedAt)),
    end: String(secondsOf(flow.endedAt)),
    action: flow.isAccepted ? "ACCEPT" : "REJECT",
    "log-status": "OK",
    type: source.includes(":") ? "IPv6" : "IPv4",
    "flow-direction": isIngress ? "ingress" : "egress",
  }
}

/** Of version 6 there is none that comes before the others. An address of somebody else's was relayed, and is shown. */
function primaryOf({ privateAddresses }: NetworkInterface, address: string): string {
  return privateAddresses.includes(address) ? privateAddresses[0]! : address
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000)
}
