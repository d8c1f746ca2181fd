import { parseArn } from "../../../aws/arn.ts"
import { attachInterface, deleteInterface } from "../../ec2/index.ts"
import { hostInterface, unhostInterface } from "../../fabric/index.ts"
import type { Writer } from "../event/write.ts"
import type { Task, TaskAttachment } from "../tables/task.ts"
import { interfaceDetails, linkOf } from "./interface-details.ts"

/** Whether there is an interface that the task has or will get, and that must be taken away before it is STOPPED. */
export function hasInterface({ attachments }: Pick<Task, "attachments">): boolean {
  return attachments.some(({ type, status }) => type === "ElasticNetworkInterface" && status !== "DELETED")
}

/** Whether the agent has found all that belongs to the task on its machine. */
export function isAttached({ attachments }: Task): boolean {
  return attachments.every(({ status }) => status === "ATTACHED")
}

/** Until when the task's agent may take to find its interface; undefined when it does not wait for one. */
export function attachedBy({ attachments }: Task): number | undefined {
  return attachments.find(({ status }) => status === "ATTACHING")?.link?.until
}

/**
 * Makes the interface of a task that is being placed, in this subnet and on its instance's machine. It is the account's, who
 * can look at it; that it goes with the task is up to us.
 */
export function withInterface(writer: Writer, task: Task, instanceArn: string, subnetId: string): Task {
  const { tx, now, random } = writer
  const { securityGroups = [], assignPublicIp } = task.network?.awsvpcConfiguration ?? {}
  return withEach(task, (attachment) => {
    const made = attachInterface(tx, {
      now,
      random,
      subnetId,
      securityGroupIds: securityGroups,
      // On instances of one's own a task's interface has no public address, whatever its subnet says.
      assignPublicIp: assignPublicIp === "ENABLED",
      description: attachmentArn(task, attachment),
      requester: "amazon-ecs",
      instanceOwnerId: parseArn(instanceArn)!.account,
      tags: [
        { key: "aws:ecs:clusterName", value: task.clusterArn.split("/").at(-1)! },
        ...(task.serviceArn === undefined
          ? []
          : [{ key: "aws:ecs:serviceName", value: task.serviceArn.split("/").at(-1)! }]),
      ],
    })
    hostInterface(writer, made, instanceArn)
    return { ...attachment, status: "ATTACHING", details: interfaceDetails(tx, made), link: linkOf(tx, made, now) }
  })
}

/** Takes the task's interface away, if it has got one. */
export function withoutInterface({ tx, now }: Writer, task: Task): Task {
  return withEach(task, ({ link: _, ...attachment }) => {
    const id = attachment.details.find(({ name }) => name === "networkInterfaceId")?.value
    if (id !== undefined && attachment.status !== "DELETED") {
      unhostInterface(tx, id)
      deleteInterface(tx, id, { now })
    }
    return { ...attachment, status: "DELETED" }
  })
}

/** What the agent reports as attached; its last part is the attachment's id. */
export function attachmentArn({ arn }: Pick<Task, "arn">, { id }: Pick<TaskAttachment, "id">): string {
  const { partition, region, account } = parseArn(arn)!
  return `arn:${partition}:ecs:${region}:${account}:attachment/${id}`
}

function withEach(task: Task, change: (attachment: TaskAttachment) => TaskAttachment): Task {
  const attachments = task.attachments.map((attachment) =>
    attachment.type === "ElasticNetworkInterface" ? change(attachment) : attachment,
  )
  return { ...task, attachments }
}
