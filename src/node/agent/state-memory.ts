import type { LogPosition } from "../engine/log-source.ts"
import type { AgentState, Identity, ImageUse, TaskRecord } from "./records.ts"

/** What an agent knows as long as its process lives, for tests; and what every other kind of state reads from. */
export class MemoryState implements AgentState {
  readonly tasks = new Map<string, TaskRecord>()
  readonly images = new Map<string, ImageUse>()
  readonly positions = new Map<string, LogPosition>()
  identity: Identity | undefined
  sequence = 0

  putTask(task: TaskRecord): void {
    this.tasks.set(task.arn, task)
  }

  /** The positions in its containers' logs go with it. */
  removeTask(arn: string): void {
    for (const { id } of this.tasks.get(arn)?.containers ?? []) this.positions.delete(id)
    this.tasks.delete(arn)
  }

  logPosition(containerId: string): LogPosition | undefined {
    return this.positions.get(containerId)
  }

  putLogPosition(containerId: string, position: LogPosition): void {
    this.positions.set(containerId, position)
  }

  putIdentity(identity: Identity): void {
    this.identity = identity
  }

  putSequence(sequence: number): void {
    this.sequence = sequence
  }

  putImage(use: ImageUse): void {
    this.images.set(use.reference, use)
  }

  removeImage(reference: string): void {
    this.images.delete(reference)
  }

  close(): void {}
}
