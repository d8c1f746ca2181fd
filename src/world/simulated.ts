import { assert } from "../base/assert.ts"
import { type Log, silentLog } from "./log.ts"
import type { Random, World } from "./world.ts"

/**
 * A world whose time moves only when a test says so and whose chance comes from a seed. Timers that fall due at the
 * same time run in the order they were set, and promises settle between two timers, so a run repeats exactly.
 */
export interface SimulatedWorld extends World {
  /** Runs everything due within the next `ms`, in order, and leaves the clocks there. */
  advance(ms: number): Promise<void>

  /** Runs the next timer, moving time to it; false when none is set. */
  step(): Promise<boolean>

  /** Lets everything that needs no more time come to rest. */
  settle(): Promise<void>

  /** Moves wall time without moving monotonic time, as an administrator or NTP does. */
  jump(ms: number): void
}

export interface SimulatedWorldOptions {
  readonly seed?: number
  readonly startsAt?: number
  readonly log?: Log
}

interface Timer {
  readonly at: number
  readonly order: number

  /** Taken away when the timer is cancelled; the timer itself then leaves when its time comes. */
  task: (() => void) | undefined
}

export function simulatedWorld({
  seed = 1,
  startsAt = Date.UTC(2026, 0, 1),
  log = silentLog,
}: SimulatedWorldOptions = {}): SimulatedWorld {
  let elapsed = 0
  let offset = startsAt
  let order = 0
  const timers: Timer[] = []

  /** Runs the earliest timer if it is due by `limit`. */
  async function runNext(limit: number): Promise<boolean> {
    await settled()
    while (timers.length > 0 && timers[0]!.task === undefined) removeFirst(timers)
    const next = timers[0]
    if (next === undefined || next.at > limit) return false
    removeFirst(timers)
    elapsed = Math.max(elapsed, next.at)
    next.task!()
    await settled()
    return true
  }

  return {
    now: () => offset + Math.floor(elapsed),
    monotonic: () => elapsed,
    after(ms, task) {
      const timer: Timer = { at: elapsed + Math.max(0, ms), order: order++, task }
      insert(timers, timer)
      return () => {
        timer.task = undefined
      }
    },
    random: seededRandom(seed),
    log,
    async advance(ms) {
      const limit = elapsed + ms
      while (await runNext(limit)) {}
      elapsed = Math.max(elapsed, limit)
    },
    step: () => runNext(Number.POSITIVE_INFINITY),
    async settle() {
      while (await runNext(elapsed)) {}
    },
    jump(ms) {
      offset += ms
    },
  }
}

/** Waits until no promise callback is left to run: a macrotask comes after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A small fast generator (splitmix32), good enough to draw workloads and faults from; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
    below(bound) {
      assert(Number.isInteger(bound) && bound > 0, "below() takes a positive whole number")
      return Math.floor((next() / 2 ** 32) * bound)
    },
  }
}

// A binary heap on (at, order): a simulated region sets and cancels timers by the hundred thousand.

function earlier(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function insert(heap: Timer[], timer: Timer): void {
  let index = heap.length
  heap.push(timer)
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!earlier(timer, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = timer
}

function removeFirst(heap: Timer[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child += 1
    if (!earlier(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
}
