import { UNHELD_MS } from "../image/delete.ts"
import type { Found } from "../names.ts"
import { imageKey, images, type Layer, layers } from "../tables.ts"

/** Makes a blob one of a repository's layers, before any image holds it. */
export function putLayer({ tx, repository }: Found, digest: string, bytes: number, now: number): void {
  if (claimLayer({ tx, repository }, digest, now) !== undefined) return
  tx.put(layers, { repositoryId: repository.id, digest, bytes, keptUntil: now + UNHELD_MS })
}

/** The layer, if the repository has it. Who is told so counts on it, so one that is about to go stays for longer. */
export function claimLayer({ tx, repository }: Omit<Found, "home">, digest: string, now: number): Layer | undefined {
  const key = imageKey(repository.id, digest)
  const layer = tx.get(layers, key)
  if (layer?.keptUntil === undefined) return layer
  if (layer.keptUntil - now < UNHELD_MS / 2 && !tx.some(images, "holds", key)) {
    tx.put(layers, { ...layer, keptUntil: now + UNHELD_MS })
  }
  return layer
}
