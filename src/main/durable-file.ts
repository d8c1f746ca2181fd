import { randomBytes } from "node:crypto"
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** Writes a file that only this user can read. After a crash or a loss of power it is there whole, or as it was before. */
export function writeDurably(path: string, content: string): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`
  const file = openSync(draft, "wx", 0o600)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  syncDirectory(dirname(path))
}

/** Makes names that came to a directory, or went, outlast a loss of power. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r")
  fsyncSync(directory)
  closeSync(directory)
}
