import { MemoryState } from "../../../src/node/agent/state-memory.ts"
import { newHex } from "../../../src/world/ids.ts"
import type { Random } from "../../../src/world/world.ts"
import type { ReportedStatus } from "../host.ts"

/** What is on a machine's disk: all that an agent has left after it was killed. */
export interface AgentDisk {
  /** Of the machine, whoever's disk this was before. */
  readonly machine: string
  readonly state: MemoryState

  /** By task, what the region has taken. Agents do not keep it; it is what invariants go by. */
  readonly taken: Map<string, ReportedStatus>
}

export function emptyDisk(random: Random): AgentDisk {
  return { machine: newHex(random, 8), state: new MemoryState(), taken: new Map() }
}

/** As when a machine is cloned, identity and all. Records are never changed in place. */
export function copyOf({ state, taken }: AgentDisk, random: Random): AgentDisk {
  const disk = emptyDisk(random)
  for (const task of state.tasks.values()) disk.state.putTask(task)
  for (const image of state.images.values()) disk.state.putImage(image)
  if (state.identity !== undefined) disk.state.putIdentity(state.identity)
  disk.state.putSequence(state.sequence)
  for (const [task, status] of taken) disk.taken.set(task, status)
  return disk
}
