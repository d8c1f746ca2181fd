import { createHash } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

/**
 * Where to keep small files that say nothing any more once the machine was started again, and that are written for every
 * container: in memory, beside the names of namespaces. On a disk all of them wait for what others write there. A folder
 * on the disk that has something in it from before is used up first.
 */
export function fleetingFolder(names: { readonly namespacesFolder: string }, onDisk: string): string {
  const isBegun = existsSync(onDisk) && readdirSync(onDisk).length > 0
  const name = createHash("sha256").update(onDisk).digest("hex").slice(0, 16)
  return isBegun ? onDisk : join(names.namespacesFolder, "files", name)
}
