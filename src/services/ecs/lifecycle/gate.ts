import type { Tx } from "../../../store/transaction.ts"
import type { Task } from "../tables/task.ts"

/**
 * What has to happen outside between a task and its traffic: a name to register, a target to let go. While a gate
 * holds, the task stays ACTIVATING or DEACTIVATING; who opens it wakes the task by changing its record or the gate's.
 */
export interface Gate {
  readonly holdsBeforeRunning: (tx: Tx, task: Task) => boolean
  readonly holdsBeforeStopping: (tx: Tx, task: Task) => boolean
}

/** There are none until there are load balancers and service discovery. */
const gates: readonly Gate[] = []

export function mayRun(tx: Tx, task: Task): boolean {
  return gates.every((gate) => !gate.holdsBeforeRunning(tx, task))
}

export function mayStop(tx: Tx, task: Task): boolean {
  return gates.every((gate) => !gate.holdsBeforeStopping(tx, task))
}
