/** What a container does once it has its image. Simulated images are called after it. */
export interface Behaviour {
  /** Undefined when there is no such image. */
  readonly pullMs: readonly [number, number] | undefined

  /** After how long it exits by itself, if it does. */
  readonly exitMs?: readonly [number, number]
  readonly exitCode?: number

  /** Of a thousand containers, how many exit by themselves; all, if it is not said. */
  readonly exiting?: number

  /** How long it takes to stop. Whoever does not stop in time is killed. */
  readonly stopMs: readonly [number, number]

  /** After how long its health check fails, if it does. */
  readonly sickMs?: readonly [number, number]

  /** After how long the kernel kills it for want of memory, if it does. */
  readonly outOfMemoryMs?: readonly [number, number]
}

const BEHAVIOURS = {
  good: { pullMs: [500, 3_000], stopMs: [100, 1_500] },
  slow: { pullMs: [20_000, 90_000], stopMs: [100, 1_500] },
  missing: { pullMs: undefined, stopMs: [0, 1] },
  brief: { pullMs: [500, 3_000], exitMs: [5_000, 40_000], exitCode: 0, stopMs: [100, 1_500] },
  crashing: { pullMs: [500, 3_000], exitMs: [200, 2_000], exitCode: 1, stopMs: [100, 1_500] },
  flapping: { pullMs: [500, 3_000], exitMs: [5_000, 60_000], exitCode: 1, exiting: 500, stopMs: [100, 1_500] },
  stubborn: { pullMs: [500, 3_000], stopMs: [25_000, 40_000] },
  deaf: { pullMs: [500, 3_000], stopMs: [2_000_000, 3_000_000] },
  hanging: { pullMs: [240_000, 400_000], stopMs: [100, 1_500] },
  sick: { pullMs: [500, 3_000], stopMs: [100, 1_500], sickMs: [20_000, 120_000] },
  greedy: { pullMs: [500, 3_000], stopMs: [100, 1_500], outOfMemoryMs: [1_000, 60_000] },
} as const satisfies Record<string, Behaviour>

export type ImageName = keyof typeof BEHAVIOURS

export const IMAGE_NAMES = Object.keys(BEHAVIOURS) as ImageName[]

/** Which there are of each. */
export const TAGS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const

/** After how long a container beside the first ends, which takes nothing else with it. */
export const SIDE_ENDS_MS = [2_000, 90_000] as const

/** The behaviour behind a reference as a task definition has it, as in `good:3`. */
export function behaviourOf(image: string): Behaviour {
  return BEHAVIOURS[image.split(":", 1)[0] as ImageName] ?? BEHAVIOURS.missing
}
