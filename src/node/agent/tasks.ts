import type { Credentials, NetworkInterface, TaskPayload } from "../../wire/task.ts"
import type { TaskRecord } from "./records.ts"

/** The task engine as the link to the region sees it: it is told what is wanted, and what came of it stands in the records. */
export interface Tasks {
  /**
   * Takes a task that shall run or stop, with its credentials. A known one has its desired status raised and is otherwise
   * left as it is; one that shall stop and is not known is taken as stopped. It is on disk when this returns. Throws
   * `Unusable` for one that cannot be understood.
   */
  accept(payload: TaskPayload): void
  stop(arn: string): void

  /** Interfaces that the fabric is to bring for a task which may not have come yet; resolves when all of them are there. */
  attach(taskArn: string, interfaces: readonly NetworkInterface[], waitMs: number): Promise<void>

  /** By the credentials' own id. False when no task has it. */
  refreshCredentials(taskArn: string, credentials: Credentials): boolean
  credentials(id: string): Credentials | undefined

  /** Called with each record that changed, after it was written. */
  watch(listener: (task: TaskRecord) => void): () => void

  /** Compares what the state says with what the engine has, after a start of this process. */
  recover(): Promise<void>

  /** Lets go of everything; containers run on. */
  close(): Promise<void>
}

/** A payload that no agent could run. */
export class Unusable extends Error {
  override readonly name = "Unusable"
}
