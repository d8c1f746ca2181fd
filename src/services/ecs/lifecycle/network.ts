import type { Task, TaskAttachment } from "../tables.ts"

/** Whether there is an interface that the task has or will get, and that must be taken away before it is STOPPED. */
export function hasInterface({ attachments }: Task): boolean {
  return attachments.some(({ type, status }) => type === "ElasticNetworkInterface" && status !== "DELETED")
}

/**
 * STAND-IN, until there is a network: an interface is ready, and gone, as soon as anyone asks. Then this will make and
 * remove it, and a task stays PROVISIONING or DEPROVISIONING while it takes its time.
 */
export function interfaceStatus(wanted: "ATTACHED" | "DELETED"): TaskAttachment["status"] {
  return wanted
}

/** A copy of the task with the interfaces as they are now, on their way to what is wanted. */
export function withInterfaces(task: Task, wanted: "ATTACHED" | "DELETED"): Task {
  const attachments = task.attachments.map((attachment) =>
    attachment.type === "ElasticNetworkInterface" ? { ...attachment, status: interfaceStatus(wanted) } : attachment,
  )
  return { ...task, attachments }
}
