import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"
import { refuse } from "../size.ts"

export function checkSizes({ containerDefinitions: containers, cpu, memory }: FilledDefinition): void {
  for (const container of containers) checkMemory(container, memory)
  for (const container of containers) {
    if (container.cpu < 0) throw refusal(`Invalid 'cpu' setting for container '${container.name}'.`)
  }
  if (memory !== undefined && Number(memory) < CONTAINER_MEMORY_MIN) refuse("memory")
  if (cpu === undefined) return

  if (Number(cpu) < TASK_CPU_MIN || Number(cpu) > TASK_CPU_MAX) refuse("cpu")
  if (containers.reduce((total, container) => total + container.cpu, 0) > Number(cpu)) {
    throw refusal("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")
  }
}

function checkMemory({ name, memory, memoryReservation }: FilledContainer, taskMemory: string | undefined): void {
  const setting = `Invalid setting for container '${name}'.`
  if (memory === undefined && memoryReservation === undefined && taskMemory === undefined) {
    throw refusal(`${setting} At least one of 'memory' or 'memoryReservation' must be specified.`)
  }
  for (const [member, amount] of Object.entries({ memory, memoryReservation })) {
    if (amount !== undefined && amount < CONTAINER_MEMORY_MIN) {
      throw refusal(`${setting} '${member}' must be greater than or equal to ${CONTAINER_MEMORY_MIN}.`)
    }
  }
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation) {
    throw refusal(`${setting} 'memory' must be greater than or equal to 'memoryReservation'`)
  }
  if (taskMemory === undefined) return
  for (const [member, amount] of Object.entries({ memory, memoryReservation })) {
    if (amount !== undefined && amount > Number(taskMemory)) {
      throw refusal(`The '${member}' setting for container '${name}' is greater than for the task`)
    }
  }
}

/** In MiB: less than this no container can be started with. */
const CONTAINER_MEMORY_MIN = 6
const TASK_CPU_MIN = 128
const TASK_CPU_MAX = 196_608
