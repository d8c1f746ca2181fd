import type { Task, TaskContainer } from "../tables/task.ts"

/** A task's health is that of its essential containers; one that has no health check is UNKNOWN for ever. */
export function healthOf(containers: readonly Pick<TaskContainer, "essential" | "health">[]): Task["health"] {
  const essential = containers.filter((container) => container.essential)
  if (essential.some(({ health }) => health === "UNHEALTHY")) return "UNHEALTHY"
  return essential.every(({ health }) => health === "HEALTHY") ? "HEALTHY" : "UNKNOWN"
}
