import type { Tx } from "../../../store/transaction.ts"
import type { Task } from "../tables/task.ts"
import { definitionByArn } from "../task-definition/find.ts"

/** The task with the GPUs that it got shared out among the containers that ask for some. */
export function withGpus(tx: Tx, task: Task, gpuIds: readonly string[]): Task {
  if (gpuIds.length === 0) return task
  const free = [...gpuIds]
  const containers = task.containers.map((container) => {
    const count = gpuCount(tx, task, container.name)
    return count === 0 ? container : { ...container, gpuIds: free.splice(0, count) }
  })
  return { ...task, containers }
}

function gpuCount(tx: Tx, { definitionArn, overrides }: Task, name: string): number {
  const override = overrides.containerOverrides.find((container) => container.name === name)
  const containers = definitionByArn(tx, definitionArn)?.definition.containerDefinitions
  const defined = containers?.find((container) => container.name === name)
  const requirements = override?.resourceRequirements ?? defined?.resourceRequirements ?? []
  return Number(requirements.find(({ type }) => type === "GPU")?.value ?? 0)
}
