import { sleep, type World } from "../../world/world.ts"
import { EngineError, type EngineErrorKind } from "../engine/engine-error.ts"

/** One try has failed, before it is known whether another follows. */
export class TryFailed extends Error {
  override readonly name = "TryFailed"
  readonly kind: EngineErrorKind

  /** What the registry asked for before the next try; undefined leaves it to us. */
  readonly waitMs: number | undefined

  constructor(kind: EngineErrorKind, message: string, waitMs?: number) {
    super(message)
    this.kind = kind
    this.waitMs = waitMs
  }

  /** Whether the same may be answered differently soon. */
  get mayPass(): boolean {
    return this.kind === "registry failed"
  }
}

/**
 * Tries until it works, until it is clear that it will not, or `triesMax` times; waits longer each time, and not in
 * step with others. What is thrown in the end counts the tries, in the words of ECS.
 */
export async function retrying<Result>(
  world: World,
  what: string,
  signal: AbortSignal,
  turn: () => Promise<Result>,
  triesMax = TRIES_MAX,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await turn()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof TryFailed)) throw error
      if (!error.mayPass || tries >= triesMax) throw givenUp(what, tries, error)
      await pause(world, tries, error, signal)
    }
  }
}

export function givenUp(what: string, tries: number, error: TryFailed): EngineError {
  return new EngineError(error.kind, `${what} has been retried ${tries} time(s): ${error.message}`)
}

export function pause(world: World, tries: number, error: TryFailed, signal: AbortSignal): Promise<void> {
  const whole = Math.min(WAIT_MS_MIN * 2 ** (tries - 1), WAIT_MS_MAX)
  const ours = whole / 2 + world.random.below(whole / 2)
  return sleep(world, Math.min(Math.max(ours, error.waitMs ?? 0), ASKED_WAIT_MS_MAX), signal)
}

export const TRIES_MAX = 5
const WAIT_MS_MIN = 400
const WAIT_MS_MAX = 5000

/** A registry may ask for longer than a task should wait for it. */
const ASKED_WAIT_MS_MAX = 20_000
