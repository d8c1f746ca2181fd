import { LogRefusal, type LogTarget } from "./driver.ts"

/** Those that every driver has; a bounded buffer on the disk lies before each, so no mode makes a container wait. */
const COMMON = ["mode", "max-buffer-size"]

/** Refuses what a driver does not know, and what does not make sense for all of them. */
export function checkOptions({ driver, options }: LogTarget, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name) && !COMMON.includes(name)) {
      throw new LogRefusal(`unknown log opt '${name}' for ${driver} log driver`)
    }
  }
  const { mode = "blocking", "max-buffer-size": bufferSize } = options
  if (mode !== "blocking" && mode !== "non-blocking") {
    throw new LogRefusal(`logger: logging mode not supported: ${mode}`)
  }
  if (bufferSize === undefined) return
  if (mode !== "non-blocking") {
    throw new LogRefusal(`logger: max-buffer-size option is only supported with 'mode=non-blocking'`)
  }
  readSize("max-buffer-size", bufferSize)
}

/** As Docker writes sizes: `10m`, `512k`, `1g`, or bytes. */
export function readSize(name: string, text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/i.exec(text) ?? []
  const size = Math.floor(Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase()))
  if (digits === undefined || size <= 0) throw new LogRefusal(`invalid value for ${name}: "${text}"`)
  return size
}

const UNITS = ["", "k", "m", "g", "t"]

export function readFlag(name: string, text: string | undefined, otherwise: boolean): boolean {
  if (text === undefined || text === "") return otherwise
  if (/^(1|t|true)$/i.test(text)) return true
  if (/^(0|f|false)$/i.test(text)) return false
  throw new LogRefusal(`must specify a valid boolean for log opt '${name}': ${text}`)
}

export function readCount(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new LogRefusal(`${name} must be a positive number: ${text}`)
  return count
}
