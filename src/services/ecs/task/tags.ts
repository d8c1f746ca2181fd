import type { Tag } from "../../../aws/tags.ts"
import type { Tx } from "../../../store/transaction.ts"
import { tagsOf } from "../tag.ts"
import type { TaskProperties } from "./create.ts"

/** All tags of a new task: its maker's own, those of its definition or service, and those that AWS keeps. */
export function taskTags(tx: Tx, properties: TaskProperties): readonly Tag[] {
  const { cluster, definition, serviceArn, tags = [], propagateTags = "NONE", enableManagedTags = false } = properties
  const propagated = propagateTags === "TASK_DEFINITION" ? tagsOf(tx, definition.arn) : serviceTags(tx, properties)
  const managed: Tag[] = enableManagedTags ? [{ key: "aws:ecs:clusterName", value: cluster.name }] : []
  if (enableManagedTags && serviceArn !== undefined) {
    managed.push({ key: "aws:ecs:serviceName", value: serviceArn.slice(serviceArn.lastIndexOf("/") + 1) })
  }
  return merged(propagated, tags, managed)
}

function serviceTags(tx: Tx, { serviceArn, propagateTags }: TaskProperties): readonly Tag[] {
  return propagateTags === "SERVICE" && serviceArn !== undefined ? tagsOf(tx, serviceArn) : []
}

/** The later ones win over the earlier ones of the same key. */
function merged(...lists: readonly (readonly Tag[])[]): Tag[] {
  return [...new Map(lists.flat().map((tag) => [tag.key, tag])).values()]
}
