import type * as sdk from "@aws-sdk/client-ec2"
import { arnOf, parseArn, resourceOf } from "../../aws/arn.ts"
import { Fault } from "../../aws/fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { described } from "./describe.ts"
import { fault, invalidValue, notYet } from "./fault.ts"
import { checkedFormat } from "./flow-log/format.ts"
import { newId } from "./ids.ts"
import { once } from "./once.ts"
import { permit, permitMaking } from "./permit.ts"
import { find, findAll, flowLogKind, interfaceKind, type Kind, remove, subnetKind, vpcKind } from "./resource.ts"
import { type FlowLog, flowLogs } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const flowLogOperations = {
  CreateFlowLogs(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "vpc-flow-log")
    const kind = KINDS[input.ResourceType!]
    const resources = kind === undefined ? [] : input.ResourceIds!.map((id) => `${kind.type}/${id}`)
    permitMaking(call, input, flowLogKind, tags, resources)
    if (kind === undefined) throw notYet(`flow logs of a ${input.ResourceType}`)
    refuseUnsupported(input, {
      DeliverCrossAccountRole: "flow logs to other accounts",
      DestinationOptions: "flow logs to S3",
      TagFieldSpecifications: "tags in flow logs",
    })
    const content = checkedContent(call, input)
    call.authorizeAlso("iam:PassRole", content.deliverLogsPermissionArn, { "iam:PassedToService": DELIVERY })

    const unsuccessful: sdk.UnsuccessfulItem[] = []
    const ids = once(call, input, () =>
      input.ResourceIds!.flatMap((resourceId) => {
        const refusal = refusalOf(call, kind, resourceId, content)
        if (refusal !== undefined) {
          unsuccessful.push({ ResourceId: resourceId, Error: { Code: refusal.code, Message: refusal.message } })
          return []
        }
        const flowLog: FlowLog = { id: newId(call.random, "fl"), resourceId, ...content }
        call.tx.put(flowLogs, flowLog)
        putTags(call.tx, "vpc-flow-log", flowLog.id, tags)
        return [flowLog.id]
      }),
    )
    return { FlowLogIds: [...ids], Unsuccessful: unsuccessful, ClientToken: input.ClientToken }
  },

  DescribeFlowLogs(call, input) {
    const { shown, NextToken } = described(
      call,
      { ...input, Filters: input.Filter },
      {
        kind: flowLogKind,
        ids: [input.FlowLogIds, "FlowLogIds"],
        fields: {
          "deliver-log-status": () => "SUCCESS",
          "flow-log-id": ({ id }) => id,
          "log-destination-type": () => "cloud-watch-logs",
          "log-group-name": ({ logGroupName }) => logGroupName,
          "resource-id": ({ resourceId }) => resourceId,
          "traffic-type": ({ trafficType }) => trafficType,
        },
        indexed: { "resource-id": "resource" },
        show: (flowLog) => describe(call, flowLog),
      },
    )
    return { FlowLogs: shown, NextToken }
  },

  DeleteFlowLogs(call, input) {
    const ids = input.FlowLogIds!
    permit(
      call,
      input,
      ids.map((id) => `vpc-flow-log/${id}`),
    )
    findAll(call.tx, flowLogKind, ids)
    for (const id of ids) remove(call.tx, flowLogKind, id)
    return { Unsuccessful: [] }
  },
} satisfies Operations<typeof sdk>

const KINDS: Readonly<Record<string, Kind<object> | undefined>> = {
  VPC: vpcKind as never,
  Subnet: subnetKind as never,
  NetworkInterface: interfaceKind as never,
}

type Content = Omit<FlowLog, "id" | "resourceId"> & { readonly deliverLogsPermissionArn: string }

/** Who would assume the role that log events are written with. */
const DELIVERY = "vpc-flow-logs.amazonaws.com"

function checkedContent(call: Call, input: sdk.CreateFlowLogsRequest): Content {
  const { LogDestinationType = "cloud-watch-logs", TrafficType: trafficType, MaxAggregationInterval = 600 } = input
  if (LogDestinationType !== "cloud-watch-logs") {
    if (input.LogGroupName !== undefined) {
      throw fault("InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided.")
    }
    throw notYet(`flow logs to ${LogDestinationType}`)
  }
  if (trafficType !== "ACCEPT" && trafficType !== "REJECT" && trafficType !== "ALL") {
    throw trafficType === undefined
      ? fault(
          "MissingParameter",
          "The request must include the TrafficType parameter. Add the required parameter and retry the request.",
        )
      : invalidValue(`Value (${trafficType}) for parameter trafficType is invalid.`)
  }
  if (MaxAggregationInterval !== 60 && MaxAggregationInterval !== 600) {
    throw fault("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")
  }
  if (!input.DeliverLogsPermissionArn) {
    throw fault(
      "InvalidParameter",
      "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
    )
  }
  return {
    trafficType,
    ...checkedDestination(call, input),
    deliverLogsPermissionArn: input.DeliverLogsPermissionArn,
    logFormat: checkedFormat(input.LogFormat),
    maxAggregationInterval: MaxAggregationInterval,
    createdAt: call.now,
  }
}

/** A log group by its name or by its ARN. */
function checkedDestination(
  call: Call,
  { LogGroupName, LogDestination }: sdk.CreateFlowLogsRequest,
): Pick<FlowLog, "logGroupName" | "logDestination"> {
  if (LogGroupName !== undefined && LogDestination !== undefined) {
    throw fault("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
  }
  if (LogGroupName !== undefined) {
    return { logGroupName: LogGroupName, logDestination: arnOf("logs", call, `log-group:${LogGroupName}`) }
  }
  if (LogDestination === undefined) {
    throw fault("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
  }
  const arn = parseArn(LogDestination)
  if (arn?.service !== "logs" || resourceOf(arn).type !== "log-group") {
    throw fault("InvalidParameter", `LogDestination: ${LogDestination} is not the ARN of a log group`)
  }
  return { logGroupName: resourceOf(arn).id.replace(/:\*$/, ""), logDestination: LogDestination }
}

/** Of several resources each is told on its own what is wrong with it. */
function refusalOf(
  { tx }: Call,
  kind: Kind<object>,
  resourceId: string,
  { trafficType, logDestination }: Content,
): Fault | undefined {
  try {
    find(tx, kind, resourceId)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  const isThere = tx
    .where(flowLogs, "resource", resourceId)
    .some((flowLog) => flowLog.trafficType === trafficType && flowLog.logDestination === logDestination)
  if (!isThere) return undefined
  return fault(
    "FlowLogAlreadyExists",
    "Error. There is an existing Flow Log with the same configuration and log destination.",
  )
}

function describe({ tx }: Call, flowLog: FlowLog): sdk.FlowLog {
  return {
    FlowLogId: flowLog.id,
    FlowLogStatus: "ACTIVE",
    ResourceId: flowLog.resourceId,
    TrafficType: flowLog.trafficType,
    LogDestinationType: "cloud-watch-logs",
    LogDestination: flowLog.logDestination,
    LogGroupName: flowLog.logGroupName,
    DeliverLogsPermissionArn: flowLog.deliverLogsPermissionArn,
    DeliverLogsStatus: "SUCCESS",
    LogFormat: flowLog.logFormat,
    MaxAggregationInterval: flowLog.maxAggregationInterval,
    CreationTime: new Date(flowLog.createdAt),
    Tags: shownTags(tx, flowLog.id),
  }
}
