import type { Log } from "./log.ts"

/**
 * Everything that would make two runs differ comes in through here: time, chance and what is written to the log.
 * Outside the edges nothing else reads a clock, sets a timer or draws a random number (test/edges.test.ts holds this),
 * so a whole region runs under the simulated world, where the same seed gives the same trace.
 */
export interface World {
  /** Wall time in milliseconds since 1970, for records and signatures. It may jump, also backwards. */
  now(): number

  /** Milliseconds from an arbitrary start that never run backwards, for leases, time limits and back-off. */
  monotonic(): number

  /** Runs `task` once after `ms`; equal times run in the order they were asked for. Zero means: after what is going on now. */
  after(ms: number, task: () => void): Cancel

  readonly random: Random
  readonly log: Log
}

export type Cancel = () => void

export interface Random {
  bytes(count: number): Uint8Array

  /** A whole number from 0 up to but not including `bound`. */
  below(bound: number): number
}

/** Waits in world time; rejects with the signal's reason when that is raised first. */
export function sleep(world: Pick<World, "after">, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      cancel()
      reject(signal!.reason)
    }
    const cancel = world.after(ms, () => {
      signal?.removeEventListener("abort", stop)
      resolve()
    })
    signal?.addEventListener("abort", stop, { once: true })
  })
}
