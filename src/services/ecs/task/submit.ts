import type * as sdk from "@aws-sdk/client-ecs"
import { arnOf } from "../../../aws/arn.ts"
import type { Call, Operations } from "../../../aws/operations.ts"
import {
  type AttachmentReport,
  applyReport,
  type ContainerReport,
  type ReportedStatus,
  type TaskReport,
} from "../lifecycle/report.ts"
import { clusterArn } from "../names.ts"
import { permit } from "../permit.ts"
import { isPool, POOL_CLUSTER } from "../pool.ts"
import { taskOfAgent } from "./find.ts"

/**
 * What agents report. An agent repeats a report for ever unless it is answered with success, and holds back all that it
 * has to say of the task after it; so what is unknown, late or makes no sense is answered like anything else.
 */
export const submitOperations = {
  SubmitTaskStateChange(call, input) {
    authorize(call, input.cluster)
    return acknowledged(call, input.task, {
      status: reportedStatus(input.status),
      reason: cut(input.reason),
      containers: (input.containers ?? []).map(containerReport),
      attachments: (input.attachments ?? []).map(attachmentReport),
      pullStartedAt: input.pullStartedAt?.getTime(),
      pullStoppedAt: input.pullStoppedAt?.getTime(),
      executionStoppedAt: input.executionStoppedAt?.getTime(),
    })
  },

  SubmitContainerStateChange(call, input) {
    authorize(call, input.cluster)
    return acknowledged(call, input.task, { containers: [containerReport(input)] })
  },

  SubmitAttachmentStateChanges(call, input) {
    authorize(call, input.cluster)
    // Agents speak so of interfaces of the instance itself and of EBS volumes; there are neither, so there is nothing to note.
    return ACKNOWLEDGED
  },
} satisfies Operations<typeof sdk>

/** An agent of the pool may name the cluster of the task's owner; it acts in its own all the same. */
function authorize(call: Call, cluster = "default"): void {
  permit(call, isPool(call.tx) ? arnOf("ecs", call, `cluster/${POOL_CLUSTER}`) : clusterArn(call, cluster))
}

function acknowledged(call: Call, task: string | undefined, report: TaskReport) {
  const located = task === undefined ? undefined : taskOfAgent(call, task)
  if (located !== undefined) applyReport(located.writer, located.task, report)
  return ACKNOWLEDGED
}

function containerReport(sent: sdk.ContainerStateChange): ContainerReport {
  const { containerName: name = "", status, reason, exitCode, imageDigest, runtimeId, networkBindings } = sent
  return {
    name,
    status: reportedStatus(status),
    reason: cut(reason),
    exitCode,
    imageDigest,
    runtimeId,
    networkBindings,
  }
}

/** An attachment is reported by its ARN, or by the last part of it. */
function attachmentReport({ attachmentArn = "", status = "" }: sdk.AttachmentStateChange): AttachmentReport {
  return { id: attachmentArn.slice(attachmentArn.lastIndexOf("/") + 1), status }
}

/** Agents know more statuses than they report; one that comes through nevertheless says nothing. */
function reportedStatus(status: string | undefined): ReportedStatus | undefined {
  return status === "PENDING" || status === "RUNNING" || status === "STOPPED" ? status : undefined
}

function cut(reason: string | undefined): string | undefined {
  return reason?.slice(0, REASON_LENGTH_MAX)
}

const REASON_LENGTH_MAX = 1024
const ACKNOWLEDGED = { acknowledgment: "ACK" }
