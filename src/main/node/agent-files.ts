import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { TaskRecord } from "../../node/agent/records.ts"
import { FileState } from "../../node/agent/state-file.ts"
import type { World } from "../../world/world.ts"
import type { NodeDirectory } from "./node-directory.ts"

// What an instance's agent keeps, seen by who is not that agent.

export function stateFile({ state }: NodeDirectory, instance: string): string {
  return join(state, `${instance}.sqlite`)
}

/** As the agent left them. Not for while it runs. */
export function tasksOf(directory: NodeDirectory, instance: string, world: World): readonly TaskRecord[] {
  const file = stateFile(directory, instance)
  if (!existsSync(file)) return []
  const state = new FileState(file, world)
  const tasks = [...state.tasks.values()]
  state.close()
  return tasks
}

export function removeAgentFiles(directory: NodeDirectory, instance: string): void {
  for (const ending of ["", "-wal", "-shm"]) rmSync(stateFile(directory, instance) + ending, { force: true })
  rmSync(join(directory.containerLogs, instance), { recursive: true, force: true })
}
