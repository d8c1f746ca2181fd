import { constants } from "node:os"
import { EngineError } from "../engine-error.ts"

/** The number of a signal as images and people write it: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`. */
export function signalNumber(signal: string): number {
  const name = signal.toUpperCase().replace(/^(SIG)?/, "SIG")
  const known = (constants.signals as Readonly<Record<string, number>>)[name]
  if (known !== undefined) return known
  const [, base, sign, distance] = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name) ?? []
  const number =
    base === undefined
      ? /^\d+$/.test(signal)
        ? Number(signal)
        : Number.NaN
      : (base === "MIN" ? REALTIME_MIN : REALTIME_MAX) + (sign === "-" ? -1 : 1) * Number(distance ?? 0)
  if (number >= 1 && number <= REALTIME_MAX) return number
  throw new EngineError("invalid", `Invalid signal: ${signal}`)
}

/** As the C library counts; it keeps the two before to itself. */
const REALTIME_MIN = 34
const REALTIME_MAX = 64
