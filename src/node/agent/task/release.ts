import type { TaskRecord } from "../records.ts"
import { imageById } from "./image-source.ts"
import { ownVolumes } from "./mounts.ts"
import { definitionOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { isUnavailable, patiently, within } from "./patience.ts"

/** Gives back what a stopped task would keep from others: its networks, with their ports and endpoints. */
export async function release(parts: Parts, task: TaskRecord, signal: AbortSignal): Promise<void> {
  const { world, engine, endpoints, fabric } = parts
  const networks = new Set(task.containers.map(({ networkId }) => networkId))
  await Promise.all(
    [...networks].map(async (id) => {
      await tried(parts, task, signal, async () => endpoints?.close(id))
      await tried(parts, task, signal, () => engine.removeNetwork(id))
    }),
  )
  if (task.payload.networkMode === "awsvpc") await tried(parts, task, signal, async () => fabric?.detach(task.arn))
  world.log.debug("a task has given back its networks", { task: task.arn })
}

/**
 * Takes away all that is left of a stopped task, once its logs have arrived or were given up. Whatever goes wrong here is
 * logged and does not keep the rest.
 */
export async function removeTask(parts: Parts, task: TaskRecord, signal: AbortSignal): Promise<void> {
  const { world, engine, instance, logs, state } = parts
  const imageVolumes = await imageVolumesOf(parts, task, signal)
  await Promise.all(
    task.containers.map(async (container) => {
      await within(
        world,
        LOGS_MS_MAX,
        tried(parts, task, signal, async () => logs?.finished(task, container)),
      )
      await tried(parts, task, signal, () => engine.remove(container.id))
    }),
  )
  await tried(parts, task, signal, () => engine.removeTask(instance, task.id))
  const volumes = ownVolumes(task, (container) => imageVolumes.get(container) ?? [])
  await Promise.all(volumes.map((volume) => tried(parts, task, signal, () => engine.volumes.remove(volume))))
  signal.throwIfAborted()
  for (const { image } of task.payload.containers) {
    const use = state.images.get(image)
    if (use !== undefined) state.putImage({ ...use, usedAt: world.now() })
  }
}

/** An image stays as long as a container of it is there, so they can still be asked. */
async function imageVolumesOf(
  { world, engine }: Parts,
  task: TaskRecord,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = await Promise.all(
    task.containers.map(async ({ name, imageId }) => {
      const { image: reference } = definitionOf(task, name)
      const find = () => imageById(engine.images, reference, imageId)
      const image = imageId === undefined ? undefined : await patiently(world, signal, find)
      return [name, image?.config.volumes ?? []] as const
    }),
  )
  return new Map(named.filter(([, volumes]) => volumes.length > 0))
}

async function tried(
  parts: Parts,
  { arn }: TaskRecord,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await patiently(parts.world, signal, work)
  } catch (error) {
    if (signal.aborted || isUnavailable(error)) throw error
    parts.world.log.warn("something of a stopped task could not be taken away", { task: arn, error })
  }
}

const LOGS_MS_MAX = 60_000
