import type { TaskPayload } from "../../wire/task.ts"
import type { ContainerRecord } from "../agent/records.ts"

/** The names of what is associated with a container, by its type, such as `elastic-inference`. */
export function associationsOf({ associations = [] }: TaskPayload, { name }: ContainerRecord, type: string) {
  return associations.filter((association) => association.type === type && association.containers.includes(name))
}

export function contentOf({ content }: NonNullable<TaskPayload["associations"]>[number]): string {
  return content.encoding === "base64" ? Buffer.from(content.value, "base64").toString("utf8") : content.value
}
