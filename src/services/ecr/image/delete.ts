import { compareStrings } from "../../../base/ordering.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type Image, imageKey, images, imageTags, layers, type Repository, tagKey } from "../tables.ts"

export function tagsOf(tx: Tx, { repositoryId, digest }: Pick<Image, "repositoryId" | "digest">): readonly string[] {
  return tx
    .where(imageTags, "image", imageKey(repositoryId, digest))
    .map(({ tag }) => tag)
    .sort(compareStrings)
}

/** Whether an index lists it: then it cannot go before the index does. */
export function isListed(tx: Tx, { repositoryId, digest }: Image): boolean {
  return tx.some(images, "holds", imageKey(repositoryId, digest))
}

/** Takes away an image with its tags, and with what says something about it, as a signature does, unless an index lists that. */
export function deleteImage(tx: Tx, image: Image, now: number): void {
  // What is said about it may have something said about it in turn, to any depth.
  const going = [image]
  for (let next = going.pop(); next !== undefined; next = going.pop()) {
    const key = imageKey(next.repositoryId, next.digest)
    if (tx.get(images, key) === undefined) continue
    for (const tag of tagsOf(tx, next)) tx.delete(imageTags, tagKey(next.repositoryId, tag))
    tx.delete(images, key)
    for (const digest of next.layers) letGo(tx, imageKey(next.repositoryId, digest), now)
    going.push(...tx.where(images, "subject", key).filter((referrer) => !isListed(tx, referrer)))
  }
}

/** Takes away all that a repository has. */
export function emptyRepository(tx: Tx, { id }: Repository): void {
  for (const { tag } of tx.where(imageTags, "repository", id)) tx.delete(imageTags, tagKey(id, tag))
  for (const { digest } of tx.where(images, "repository", id)) tx.delete(images, imageKey(id, digest))
  for (const { digest } of tx.where(layers, "repository", id)) tx.delete(layers, imageKey(id, digest))
}

/** A layer that no image holds any more stays a while: a push that has just seen it may be about to use it. */
function letGo(tx: Tx, key: string, now: number): void {
  const layer = tx.get(layers, key)
  if (layer === undefined || tx.some(images, "holds", key)) return
  tx.put(layers, { ...layer, keptUntil: now + UNHELD_MS })
}

/** How long a push may take from its first layer to its manifest. */
export const UNHELD_MS = 24 * 60 * 60 * 1000
