/**
 * The delivery of VPC flow logs to CloudWatch Logs. This is no service of AWS's: EC2 keeps flow logs, machines tell of
 * flows, and here they become events of the log group that a flow log names, in a stream for each interface.
 *
 * Covers: flow logs of VPCs, subnets and interfaces; accepted, refused and all traffic; records of the default and of any
 * other format; intervals without traffic (NODATA) and such of which not everything was counted (SKIPDATA). A log group
 * that is not there is made, as on AWS.
 *
 * Leaves out, and writes `-`: `instance-id`, `tcp-flags`, `sublocation-*`, `pkt-*-aws-service`, `traffic-path`, `ecs-*` and
 * `reject-reason`.
 *
 * Unlike AWS on purpose: an interval is as long as the flow log asks for, and its records are there seconds after it, or
 * when its interface goes. The role of a flow log is not assumed. What comes while the disk has no room is lost.
 */

import type { FlowReceiver } from "../fabric/index.ts"
import type { EventStore } from "../logs/index.ts"
import { FlowDelivery } from "./delivery.ts"

/** Takes flows from machines and writes them to where log events are. */
export function flowDelivery(events: EventStore): FlowReceiver {
  return (host) => {
    const delivery = new FlowDelivery({ ...host, events })
    return (machine, flows) => delivery.take(machine, flows)
  }
}
