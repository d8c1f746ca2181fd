import { RegionError } from "../../region.ts"
import type { Tenant } from "../tenant.ts"

/** The tags of the task and of its machine, asked of the region; what could not be had is told beside the rest. */
export async function tagsOf({ agent, task }: Tenant) {
  const asked: [field: "ContainerInstanceTags" | "TaskTags", arn: string | undefined][] = [
    ["ContainerInstanceTags", task.payload.launchType === "FARGATE" ? undefined : agent.containerInstanceArn],
    ["TaskTags", task.arn],
  ]
  const found: { ContainerInstanceTags?: Tags; TaskTags?: Tags } = {}
  const errors: object[] = []
  await Promise.all(
    asked.map(async ([field, resourceArn]) => {
      if (resourceArn === undefined) return
      try {
        const { tags = [] } = await agent.region.call("ecs", "ListTagsForResource", { resourceArn }, { msMax: MS_MAX })
        const list = tags as readonly { readonly key: string; readonly value?: string }[]
        if (list.length > 0) found[field] = Object.fromEntries(list.map(({ key, value = "" }) => [key, value]))
      } catch (error) {
        if (!(error instanceof RegionError)) throw error
        errors.push({
          ErrorField: field,
          ErrorCode: error.code,
          ErrorMessage: error.message,
          StatusCode: error.status,
          ResourceARN: resourceArn,
        })
      }
    }),
  )
  return { ...found, ...(errors.length > 0 && { Errors: errors }) }
}

type Tags = Readonly<Record<string, string>>

/** Within what the asking container waits for an answer. */
const MS_MAX = 4_000
