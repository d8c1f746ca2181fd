import { readFileSync, statSync } from "node:fs"
import { LogRefusal } from "./driver.ts"

/** A certificate or key that an option names. What is no small file, such as a device without an end, is not read. */
export function readOptionFile(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() && stats.size <= BYTES_MAX) return readFileSync(path)
  throw new LogRefusal(`${path} is not there, or is no certificate or key`)
}

const BYTES_MAX = 2 ** 20
