import { createHash } from "node:crypto"
import { existsSync, readdirSync, statfsSync } from "node:fs"
import { join } from "node:path"

/**
 * A folder in memory for what is worth nothing after the machine was started again, and is written for every container:
 * on a disk all of it would wait for what others write there. Once chosen it stays the same one. Undefined where no memory
 * can be had as files.
 */
export function memoryFolder(owner: string, places: readonly string[] = PLACES): string | undefined {
  const name = `homeport-${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`
  const folders = places.map((place) => join(place, name))
  return folders.find((folder) => existsSync(folder)) ?? folders[places.findIndex(hasRoom)]
}

/** The same, unless something of before is still in the folder on the disk. */
export function fleetingFolder(onDisk: string): string {
  const isBegun = existsSync(onDisk) && readdirSync(onDisk).length > 0
  return isBegun ? onDisk : (memoryFolder(onDisk) ?? onDisk)
}

function hasRoom(place: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(place)
    return type === TMPFS && bavail * bsize >= ROOM_MIN
  } catch {
    return false
  }
}

const PLACES = ["/run", "/dev/shm"]
const TMPFS = 0x01021994

/** For thousands of containers. */
const ROOM_MIN = 256 * 2 ** 20
