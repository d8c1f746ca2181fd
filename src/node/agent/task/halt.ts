import type { TaskRecord } from "../records.ts"
import { readDockerConfig } from "./docker-config.ts"
import type { Exit } from "./exit.ts"
import type { Launch } from "./launch.ts"
import { containerOf, definitionOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { patiently } from "./patience.ts"

export interface Ends {
  /** True when the container's process ended, or had ended, within the time. */
  untilEnded(name: string, ms: number): Promise<boolean>
  ended(name: string, exit: Exit | "vanished"): void
}

/** Asks a container to end, makes it end when it does not, and returns when it has. */
export async function halt(
  parts: Parts,
  launch: Launch,
  ends: Ends,
  task: TaskRecord,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const { world, engine, settings } = parts
  const { id } = containerOf(task, name)
  const definition = definitionOf(task, name)
  const { stopSignal, stopTimeout } = readDockerConfig(definition.dockerConfig)
  const image =
    stopSignal === undefined
      ? await patiently(world, signal, () => launch.known(task, name)).catch(() => undefined)
      : undefined
  const asked = stopSignal ?? (image?.config.stopSignal || "SIGTERM")
  const seconds = definition.stopTimeout ?? stopTimeout
  const patienceMs = seconds === undefined ? settings.stopTimeoutMs : seconds * 1000

  // A signal that nobody knows must not keep it alive.
  const reached = await patiently(world, signal, () => engine.signal(id, asked)).catch((error) => {
    signal.throwIfAborted()
    world.log.warn("a container could not be asked to stop", { container: id, signal: asked, error })
    return false
  })
  if (reached && (await ends.untilEnded(name, patienceMs))) return
  const end = await killed(parts, id, signal, (ms) => ends.untilEnded(name, ms))
  if (end !== "heard") ends.ended(name, end)
}

/** Returns when no process of the container is left, however long that takes: until then it holds what is its. */
export async function killed(
  { world, engine }: Parts,
  id: string,
  signal: AbortSignal,
  untilEnded: (ms: number) => Promise<boolean>,
): Promise<Exit | "vanished" | "heard"> {
  for (let pause = 1_000; ; pause = Math.min(pause * 2, 60_000)) {
    try {
      const state = await patiently(world, signal, () => engine.inspect(id))
      if (state === undefined) return "vanished"
      if (state.status !== "running") {
        const { stoppedAt = world.now(), exitCode, outOfMemory } = state
        return { at: stoppedAt, outOfMemory, ...(exitCode !== undefined && { exitCode }) }
      }
      await patiently(world, signal, () => engine.signal(id, "SIGKILL", true))
    } catch (error) {
      signal.throwIfAborted()
      world.log.warn("a container could not be killed", { container: id, error })
    }
    if (await untilEnded(pause)) return "heard"
  }
}
