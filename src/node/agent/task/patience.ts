import { sleep, type World } from "../../../world/world.ts"
import { EngineError } from "../../engine/engine-error.ts"

/** Asks again, ever less often, while the runtime does not answer: it may be restarted under its containers at any time. */
export async function patiently<T>(world: World, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
    signal.throwIfAborted()
    try {
      return await ask()
    } catch (error) {
      if (!isUnavailable(error)) throw error
    }
    await sleep(world, pause, signal)
  }
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "unavailable"
}

/** Resolves with what comes first; the work goes on all the same. */
export async function within<T>(world: World, ms: number, work: Promise<T>): Promise<T | "late"> {
  let cancel = () => {}
  const late = new Promise<"late">((resolve) => {
    cancel = world.after(ms, () => resolve("late"))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    cancel()
  }
}

/** Rejects when the signal is raised, whatever the work does then. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // A failure of what is not waited for any more must not end the process.
  work.catch(() => {})
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener("abort", stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

const PAUSE_MS = 100
const PAUSE_MS_MAX = 5_000
