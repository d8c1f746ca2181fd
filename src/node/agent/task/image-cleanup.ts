import { EngineError } from "../../engine/engine-error.ts"
import type { Images } from "../../engine/image.ts"
import type { AgentState, ImageUse, TaskRecord } from "../records.ts"
import type { ImageSettings } from "./options.ts"

/**
 * Which images may be taken away, those that were unused the longest first. Only what this agent brought is its to remove,
 * and nothing that a task on the machine still names. A disk that is nearly full knows no image that is too young.
 */
export function planImageCleanup(
  uses: Iterable<ImageUse>,
  tasks: Iterable<TaskRecord>,
  settings: ImageSettings,
  now: number,
  diskUse = 0,
): readonly ImageUse[] {
  const wanted = new Set<string>()
  for (const task of tasks) {
    for (const { image } of task.payload.containers) wanted.add(image)
    for (const { imageId } of task.containers) if (imageId !== undefined) wanted.add(imageId)
  }
  const isPressed = diskUse > settings.diskUseMax
  return [...uses]
    .filter(({ reference, imageId }) => !wanted.has(reference) && !wanted.has(imageId))
    .filter(({ usedAt }) => isPressed || now - usedAt >= settings.unusedMsMin)
    .sort((a, b) => a.usedAt - b.usedAt)
}

/** True when it is gone, and its disk space with it. */
export async function removeImage(images: Images, state: AgentState, use: ImageUse): Promise<boolean> {
  try {
    await images.remove(use.imageId)
  } catch (error) {
    // Somebody else's container has it; another time, then.
    if (error instanceof EngineError && error.kind === "invalid") return false
    if (!(error instanceof EngineError && error.kind === "gone")) throw error
  }
  for (const other of [...state.images.values()]) if (other.imageId === use.imageId) state.removeImage(other.reference)
  return true
}
