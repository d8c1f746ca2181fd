import { mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Folder extends Disposable {
  readonly path: string
}

/** A folder that is gone after the measurement. All sides of a comparison keep their data on this one disk. */
export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "homeport-bench-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** In memory nothing has to wait for a disk, which would flatter whoever asks the most of it. */
export function isInMemory(): boolean {
  return statfsSync(tmpdir()).type === TMPFS
}

export function benchDisk(): string {
  return tmpdir()
}

const TMPFS = 0x01021994
