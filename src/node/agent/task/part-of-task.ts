import type { ContainerRecord, TaskRecord } from "../records.ts"

export function containerOf(task: TaskRecord, name: string): ContainerRecord {
  return task.containers.find((container) => container.name === name)!
}

export function definitionOf(task: TaskRecord, name: string) {
  return task.payload.containers.find((container) => container.name === name)!
}
