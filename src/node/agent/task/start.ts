import { sleep } from "../../../world/world.ts"
import type { TaskRecord } from "../records.ts"
import { started } from "./exit.ts"
import { killed } from "./halt.ts"
import { type Change, inTime } from "./launch.ts"
import { containerOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { isUnavailable, patiently } from "./patience.ts"
import { Failure } from "./reasons.ts"

/** Starts a container, once: where it is not known whether it started, the engine is asked before it is tried again. */
export async function start(
  parts: Parts,
  task: TaskRecord,
  name: string,
  again: boolean,
  signal: AbortSignal,
): Promise<Change> {
  const { world, settings, launches, logs } = parts
  const { id } = containerOf(task, name)
  const begunAt = world.now()
  try {
    await launches.enter(() =>
      inTime(world, settings.startMsMax, "started", startOnce(parts, id, begunAt, signal), "CannotStartContainerError"),
    )
  } catch (error) {
    // It may come up all the same, when nobody expects it any more.
    const pause = (ms: number) => sleep(world, ms, signal).then(() => false)
    if (error instanceof Failure) await killed(parts, id, signal, pause)
    throw error
  }
  return (now) => {
    const running = started(now, name, begunAt, again)
    logs?.follow(running, containerOf(running, name))
    return running
  }
}

async function startOnce({ world, engine }: Parts, id: string, begunAt: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await engine.start(id)
      return
    } catch (error) {
      if (!isUnavailable(error)) throw error
    }
    const state = await patiently(world, signal, () => engine.inspect(id))
    const hasRun = state?.status === "stopped" && state.startedAt !== undefined && state.startedAt >= begunAt
    if (state?.status === "running" || hasRun) return
  }
}
