import { copyFileSync, fstatSync, ftruncateSync, openSync } from "node:fs"

/** The region's log, kept within bounds: when it is large it becomes `….1`, and what was there before goes. */
export function openLog(path: string): number {
  const file = openSync(path, "a", 0o600)
  const look = () => {
    if (fstatSync(file).size < LOG_BYTES_MAX) return
    // Copied, not moved: the region writes to the file that it was given, at its end, wherever that is.
    copyFileSync(path, `${path}.1`)
    ftruncateSync(file)
  }
  look()
  setInterval(look, LOOK_MS).unref()
  return file
}

const LOG_BYTES_MAX = 64 * 2 ** 20
const LOOK_MS = 60_000
