import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkDependencies({ containerDefinitions: containers }: FilledDefinition): void {
  const byName = new Map(containers.map((container) => [container.name, container]))
  for (const { dependsOn = [] } of containers) {
    for (const { containerName = "", condition = "" } of dependsOn) {
      const dependency = byName.get(containerName)
      // The plus is AWS's own slip.
      if (dependency === undefined) {
        throw refusal(`Cannot depend on container + '${containerName}' because it does not exist`)
      }
      if (dependency.essential && ["SUCCESS", "COMPLETE"].includes(condition)) {
        throw refusal("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
      }
      if (dependency.healthCheck === undefined && condition === "HEALTHY") {
        throw refusal("A dependency container with HEALTHY condition must have health check configured")
      }
    }
  }
  if (hasCycle(containers)) throw refusal("Container dependsOn contains a cycle")
}

/** Takes away, again and again, what depends on nothing that is left; a cycle is what remains. */
function hasCycle(containers: readonly FilledContainer[]): boolean {
  let left = containers
  for (;;) {
    const names = new Set(left.map(({ name }) => name))
    const waiting = left.filter(({ dependsOn = [] }) =>
      dependsOn.some(({ containerName = "" }) => names.has(containerName)),
    )
    if (waiting.length === left.length) return left.length > 0
    left = waiting
  }
}
