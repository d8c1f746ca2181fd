import { INSTALLATION } from "../../store/changes.ts"
import type { Store } from "../../store/store.ts"
import type { Cancel, World } from "../../world/world.ts"
import type { BlobStore } from "./blobs/blob-store.ts"
import { images, layers } from "./tables.ts"

/**
 * Gives back the room of blobs that no repository wants any more, now and then, while pushes and pulls go on. It follows from
 * the tables alone what that is, so whatever was begun before the process ended is found again.
 */
export function keepBlobs(world: World, store: Store, blobs: BlobStore): Cancel {
  let stopped = false
  let cancel: Cancel = () => {}
  const look = async () => {
    try {
      await removeUnwanted(store, blobs, () => stopped)
      await blobs.forgetUploads(UPLOAD_MS)
    } catch (error) {
      if (!stopped && store.leads) world.log.error("images could not be tidied up", { error: String(error) })
    }
    if (!stopped) cancel = world.after(LOOK_MS, () => void look())
  }
  cancel = world.after(LOOK_MS, () => void look())
  return () => {
    stopped = true
    cancel()
  }
}

/** Resolves with how many blobs are gone. */
export async function removeUnwanted(
  store: Store,
  blobs: BlobStore,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let removed = 0
  for await (const digests of blobs.digests()) {
    if (isStopped()) break
    const unwanted = digests.filter((digest) => !isWanted(store, digest))
    if (unwanted.length === 0) continue
    // Only what is durably gone is removed: a deletion that comes to nothing must not cost anyone their images.
    await store.whenDurable(store.version)
    for (const digest of unwanted) if (await blobs.remove(digest, () => isWanted(store, digest))) removed += 1
  }
  return removed
}

function isWanted(store: Store, digest: string): boolean {
  return store.transact(INSTALLATION, ({ anywhere }) => {
    const isLayer = anywhere.scopes(layers).some((scope) => anywhere.in(scope).some(layers, "digest", digest))
    return isLayer || anywhere.scopes(images).some((scope) => anywhere.in(scope).some(images, "blob", digest))
  })
}

const LOOK_MS = 10 * 60 * 1000

/** An upload that nobody has added to for so long will not be gone on with. */
const UPLOAD_MS = 7 * 24 * 60 * 60 * 1000
