/** What a task has used lately. */
export interface TaskUsage {
  /** Of all its containers together, in per cent of the host's processors. */
  readonly cpuPercent: number
  readonly memoryMiB: number

  /** Wall time at which it was told. */
  readonly at: number
}

/**
 * The latest that each instance has told of its tasks, for whoever makes metrics of it. It lies in memory only: the next
 * telling is seconds away.
 */
export class LatestUsage {
  readonly #byInstance = new Map<string, Map<string, TaskUsage>>()

  /** Takes in one frame of a batch, and with its last forgets the tasks that the batch does not tell of. */
  tell(instanceArn: string, batch: Batch, told: readonly (readonly [taskArn: string, usage: TaskUsage])[]): void {
    let tasks = this.#byInstance.get(instanceArn)
    if (tasks === undefined) {
      tasks = new Map()
      this.#byInstance.set(instanceArn, tasks)
    }
    for (const [arn, usage] of told) if (tasks.has(arn) || tasks.size < TASKS_MAX) tasks.set(arn, usage)
    if (!batch.isLast) return
    for (const [arn, { at }] of tasks) if (at < batch.since) tasks.delete(arn)
  }

  of(instanceArn: string, taskArn: string): TaskUsage | undefined {
    return this.#byInstance.get(instanceArn)?.get(taskArn)
  }

  forget(instanceArn: string): void {
    this.#byInstance.delete(instanceArn)
  }
}

interface Batch {
  /** Wall time of its first frame. */
  readonly since: number
  readonly isLast: boolean
}

/** More than any machine runs. */
const TASKS_MAX = 2_000
