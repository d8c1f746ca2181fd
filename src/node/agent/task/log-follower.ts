import type { ContainerRecord, TaskRecord } from "../records.ts"

/** Carries what containers write to where their log driver says. */
export interface LogFollower {
  /**
   * Refuses, in words for the task's owner, a log configuration that cannot work; makes what has to be there before the
   * first line, as a log group. Containers are started only after it.
   */
  prepare(task: TaskRecord, container: ContainerRecord): Promise<void>

  /** From where it was left. Called after each start of the container and of this process; twice is as good as once. */
  follow(task: TaskRecord, container: ContainerRecord): void

  /** Resolves when all that an ended container wrote has arrived, or was given up; the container is removed after it. */
  finished(task: TaskRecord, container: ContainerRecord): Promise<void>
}
