import { open } from "node:fs/promises"
import { BlobsUnavailable } from "./blob-store.ts"

/** Makes durable what a folder has in it. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r")
  await folder.sync()
}

/** A disk that has no room, or fails, is told as what its caller tries again for. */
export async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new BlobsUnavailable("There is no room left for images on the disk.", { cause: error })
    }
    if (code === "EIO" || code === "EROFS" || code === "EMFILE" || code === "ENFILE") {
      throw new BlobsUnavailable(`Images cannot be stored: ${code}.`, { cause: error })
    }
    throw error
  }
}
