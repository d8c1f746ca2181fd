import { execFile } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { promisify } from "node:util"
import type { Layers } from "../layers.ts"

/** Brings what an image has at `target` into an empty folder, with owners and modes. */
export async function fillFromImage(layers: Layers, target: string, folder: string): Promise<void> {
  const found = layers.find(target)
  if (!found?.stats.isDirectory()) return
  chownSync(folder, found.stats.uid, found.stats.gid)
  chmodSync(folder, found.stats.mode & 0o7777)
  if (layers.folders.every((layer) => isEmpty(join(layer, found.inside)))) return

  const work = `${folder}.fill`
  mkdirSync(work, { recursive: true, mode: 0o700 })
  try {
    // Where all layers lie: the mount's options have room for short names only.
    const base = dirname(dirname(layers.folders[0]!))
    const lower = layers.folders.map((layer) => relative(base, layer)).join(":")
    // In a mount namespace of its own nothing stays mounted, however it ends.
    const words = ["--mount", "sh", "-ec", COPY, "sh", work, base, lower, found.inside, folder]
    await promisify(execFile)("unshare", words, { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** An overlay wants two layers below, so there is always an empty one. */
const COPY = `
mount -t tmpfs tmpfs "$1"
mkdir "$1/empty" "$1/whole"
cd "$2"
mount -t overlay overlay -o "lowerdir=$1/empty:$3" "$1/whole"
cp -a "$1/whole$4/." "$5/"
`

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch {
    // It is not in this layer, or no folder there.
    return true
  }
}
