import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"

/** A directory of this test's own, gone when it has finished. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "homeport-e2e-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
