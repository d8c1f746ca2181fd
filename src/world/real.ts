import { randomFillSync, randomInt } from "node:crypto"
import pino from "pino"
import type { Fields, Log } from "./log.ts"
import type { Cancel, Random, World } from "./world.ts"

export interface RealWorldOptions {
  /** Where log lines go: a file descriptor, 1 for standard output. */
  readonly logTo?: number
  readonly logLevel?: "debug" | "info" | "warn" | "error"
}

/** The world as it is. */
export function realWorld({ logTo = 2, logLevel = "info" }: RealWorldOptions = {}): World {
  // Lines are written at once: the ones that matter most come just before a process ends.
  const destination = pino.destination({ dest: logTo, sync: true })
  const logger = pino(
    {
      level: logLevel,
      base: null,
      messageKey: "message",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  )
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after,
    random: realRandom,
    log: pinoLog(logger),
  }
}

function after(ms: number, task: () => void): Cancel {
  if (ms <= 0) {
    const immediate = setImmediate(task)
    return () => clearImmediate(immediate)
  }
  if (ms > TIMER_MS_MAX) {
    let cancel = after(TIMER_MS_MAX, () => {
      cancel = after(ms - TIMER_MS_MAX, task)
    })
    return () => cancel()
  }
  const timer = setTimeout(task, ms)
  return () => clearTimeout(timer)
}

/** The longest that a timer of the platform can hold. */
const TIMER_MS_MAX = 2 ** 31 - 1

// The system is asked for a page of random bytes at a time: a request needs a few ids, and a call for each would show.
const pool = new Uint8Array(4096)
let drawn = pool.length

export const realRandom: Random = {
  bytes(count) {
    if (count > pool.length) return randomFillSync(new Uint8Array(count))
    if (drawn + count > pool.length) {
      randomFillSync(pool)
      drawn = 0
    }
    drawn += count
    return pool.slice(drawn - count, drawn)
  },
  below: (bound) => randomInt(bound),
}

function pinoLog(logger: pino.Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    with: (fields: Fields) => pinoLog(logger.child(fields)),
  }
}
