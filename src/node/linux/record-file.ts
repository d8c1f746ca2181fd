import { readFileSync, renameSync, writeFileSync } from "node:fs"

/** Written whole or not at all. It survives this process; after a crash of the machine nothing in it is true any more. */
export function writeRecord(file: string, record: object): void {
  writeFileSync(`${file}.new`, JSON.stringify(record))
  renameSync(`${file}.new`, file)
}

/** Undefined for one that is not there, or that a crash has left half written. */
export function readRecord<Kept>(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined
    throw error
  }
}
