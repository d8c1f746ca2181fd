import { regionScope } from "../../../store/changes.ts"
import { newUuid } from "../../../world/ids.ts"
import { sleep } from "../../../world/world.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { readManifest } from "../image/manifest.ts"
import { putLayer } from "../layer/put.ts"
import { isPublic } from "../names.ts"
import type { Visit } from "../registry/visit.ts"
import { type Image, imageKey, images, layers, type Repository, repositories } from "../tables.ts"
import { ruleFor } from "./find.ts"
import { permittedPlace } from "./manifest.ts"
import { refusalOf } from "./pull-through.ts"
import type { PullThroughCacheRule } from "./tables.ts"
import { UpstreamFailed, type UpstreamPlace } from "./upstream.ts"

export interface BroughtLayer {
  readonly bytes: number
  readonly read: BlobStore["read"]
}

/**
 * Brings a layer that an image of a repository holds and that is not here yet. It always comes from the other registry, even where the
 * same blob lies here already: that somebody else has it gives nobody a right to it.
 */
export async function broughtLayer(visit: Visit, digest: string): Promise<BroughtLayer | undefined> {
  const { pullThrough, manifests, blobs, world } = visit.registry
  const wanted = pullThrough && wantedLayer(visit, digest)
  if (wanted === undefined) return undefined
  const { rule, repository, image } = wanted
  const manifest = readManifest(await manifests.whole(image.manifestBlob ?? image.digest), image.mediaType)
  const bytes = manifest.layers.find((layer) => layer.digest === digest)!.size
  const place = await permittedPlace(visit, rule)
  const flight = pullThrough!.once(["layer", repository.id, digest], () =>
    bring(visit, place, repository, { digest, bytes }),
  )
  const waiting = new AbortController()
  try {
    const patience = sleep(world, PATIENCE_MS, waiting.signal).catch(() => {})
    await Promise.race([flight, patience])
  } catch (error) {
    if (error instanceof UpstreamFailed) throw refusalOf(error, rule.upstreamUrl)
    throw error
  } finally {
    waiting.abort()
  }
  // Whoever asks is answered before a large one is here: without a word for too long clients give up.
  const read: BlobStore["read"] = async function* (name, range) {
    await flight
    yield* blobs.read(name, range)
  }
  return { bytes, read }
}

interface WantedLayer {
  readonly rule: PullThroughCacheRule
  readonly repository: Repository
  readonly image: Image
}

function wantedLayer({ registry, home, name }: Visit, digest: string): WantedLayer | undefined {
  if (isPublic(home)) return undefined
  return registry.store.transact(regionScope(home.account, home.region), (tx) => {
    const [rule, repository] = [ruleFor(tx, name), tx.get(repositories, name)]
    if (rule === undefined || repository === undefined) return undefined
    const holding = tx.where(images, "holds", imageKey(repository.id, digest))
    const image = holding.find(({ isCached, layers }) => isCached && layers.includes(digest))
    return image && { rule, repository, image }
  })
}

async function bring(
  { registry, home }: Visit,
  place: UpstreamPlace,
  { id, name }: Repository,
  { digest, bytes }: { readonly digest: string; readonly bytes: number },
): Promise<void> {
  const { blobs, world, store, pullThrough } = registry
  const upload = newUuid(world.random)
  using _ = blobs.hold(digest)
  blobs.begin(upload)
  try {
    await blobs.append(upload, 0, pullThrough!.upstream.blob(place, digest, bytes))
    await blobs.finish(upload, digest)
  } catch (error) {
    await blobs.abandon(upload).catch(() => {})
    throw error
  }
  const scope = regionScope(home.account, home.region)
  store.transact(scope, (tx) => {
    const repository = tx.get(repositories, name)
    if (repository?.id !== id) return
    const isHeld = tx.some(images, "holds", imageKey(id, digest))
    if (isHeld) tx.put(layers, { repositoryId: id, digest, bytes })
    else putLayer({ home, tx, repository }, digest, bytes, world.now())
  })
  await store.whenDurable(store.version)
}

const PATIENCE_MS = 15_000
