import type { ContainerDefinition, ContainerOverride } from "@aws-sdk/client-ecs"
import type { Demand, TaskOverrides } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"

type Overrides = Pick<TaskOverrides, "cpu" | "memory" | "containerOverrides">

/** What a task of a definition takes from its machine. Sizes in overrides are plain numbers already (`size.ts`). */
export function demandOf(
  { definition }: Pick<TaskDefinition, "definition">,
  overrides: Overrides = { containerOverrides: [] },
): Demand {
  const containers = definition.containerDefinitions ?? []
  const taken = containers.map((container) => {
    return containerDemand(
      container,
      overrides.containerOverrides.find(({ name }) => name === container.name),
    )
  })
  // A size of the whole task is what it takes, however its containers share that among them.
  const cpu = overrides.cpu ?? definition.cpu
  const memory = overrides.memory ?? definition.memory
  return {
    cpu: cpu === undefined ? sum(taken.map((container) => container.cpu)) : Number(cpu),
    memory: memory === undefined ? sum(taken.map((container) => container.memory)) : Number(memory),
    gpus: sum(taken.map((container) => container.gpus)),
    // A task with an interface of its own takes no port of its machine.
    ports: definition.networkMode === "awsvpc" ? [] : [...new Set(containers.flatMap(fixedPorts))],
    interfaces: definition.networkMode === "awsvpc" ? 1 : 0,
  }
}

function containerDemand(
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
): Pick<Demand, "cpu" | "memory" | "gpus"> {
  const reservation = override?.memoryReservation ?? container.memoryReservation
  const resources = override?.resourceRequirements ?? container.resourceRequirements ?? []
  return {
    cpu: override?.cpu ?? container.cpu ?? 0,
    memory: reservation ?? override?.memory ?? container.memory ?? 0,
    gpus: sum(resources.filter(({ type }) => type === "GPU").map(({ value }) => Number(value))),
  }
}

/** A host port of 0 is whichever is free, so it is no demand; in host mode every port is fixed. */
function fixedPorts({ portMappings = [] }: ContainerDefinition): string[] {
  return portMappings.flatMap(({ hostPort = 0, protocol = "tcp" }) => (hostPort === 0 ? [] : `${hostPort}/${protocol}`))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
