import type * as sdk from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import type { Task } from "../tables/task.ts"
import { outlineOf, timesOf } from "../task/describe.ts"

/** A task as an event tells of it: as DescribeTasks shows it, but for what AWS leaves out, and with times as text. */
export function taskEventDetail(tx: Tx, task: Task, now: number): object {
  const { fargateEphemeralStorage: _, ...shown } = outlineOf(tx, task)
  return {
    ...shown,
    ...(task.connectivity !== undefined && { connectivity: task.connectivity }),
    ...timesOf(task, (time) => isoTime(new Date(time))),
    attachments: shown.attachments!.map(eventAttachment),
    containers: shown.containers!.map(({ healthStatus: _, ...container }) => container),
    overrides: { containerOverrides: shown.overrides!.containerOverrides },
    updatedAt: isoTime(new Date(now)),
  }
}

/** Here an interface has another name than DescribeTasks gives it. */
function eventAttachment(attachment: sdk.Attachment): sdk.Attachment {
  return attachment.type === "ElasticNetworkInterface" ? { ...attachment, type: "eni" } : attachment
}

/** With as many digits as it takes, as AWS writes it. */
export function isoTime(time: Date): string {
  return time.toISOString().replace(/\.?0+Z$/, "Z")
}
