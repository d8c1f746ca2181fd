import { CommonFault } from "../../../aws/common-fault.ts"
import { regionScope } from "../../../store/changes.ts"
import { isDigest } from "../blobs/blob-store.ts"
import { findImage, imageName } from "../image/find.ts"
import { type Manifest, readManifest } from "../image/manifest.ts"
import { mayMove } from "../image/mutability.ts"
import { isPublic, isTag } from "../names.ts"
import { refusalFor } from "../registry/refusal.ts"
import { actAs, type Visit } from "../registry/visit.ts"
import { createRepository } from "../repository/create.ts"
import { type Image, imageKey, images, imageTags, type Repository, repositories, tagKey } from "../tables.ts"
import { readCredential } from "./credential.ts"
import { ruleFor, upstreamName } from "./find.ts"
import { permitImport } from "./permission.ts"
import { type Arrived, refusalOf } from "./pull-through.ts"
import { freshTags, type PullThroughCacheRule } from "./tables.ts"
import { UpstreamFailed, type UpstreamPlace } from "./upstream.ts"

/**
 * Brings an image whose manifest is about to be read from the registry that a rule names: where it is not here, or has come from
 * there and was last looked for a day ago. What is here already is good while that registry cannot be asked.
 */
export function bringManifest(visit: Visit, reference: string): Promise<void> | undefined {
  const { pullThrough } = visit.registry
  const wanted = pullThrough && wantedFrom(visit, reference)
  return wanted && bring(visit, reference, wanted)
}

async function bring(visit: Visit, reference: string, { rule, isHere, repository }: Wanted): Promise<void> {
  const { pullThrough, world } = visit.registry
  try {
    const place = await permittedPlace(visit, rule)
    const isKnown = (digest: string) => repository !== undefined && hasImage(visit, repository, digest)
    const arrived = await pullThrough!.manifest(place, reference, isKnown)
    await keep(visit, reference, arrived)
  } catch (error) {
    const refusal = error instanceof UpstreamFailed ? refusalOf(error, rule.upstreamUrl) : refusalFor(error)
    if (!isHere || refusal === undefined) throw refusal ?? error
    // Who may not bring anything may still have what is here.
    if (error instanceof CommonFault && error.kind === "denied") return
    world.log.warn("an image could not be looked for in the registry it came from", {
      host: rule.upstreamUrl,
      reason: (error as Error).message,
    })
    freshen(visit, repository!, reference, UNASKED_MS)
  }
}

/** The repository's place in the other registry, if whoever asks may bring images from there. */
export async function permittedPlace(visit: Visit, rule: PullThroughCacheRule): Promise<UpstreamPlace> {
  const { credentialArn, upstreamUrl: host } = rule
  const repository = upstreamName(rule, visit.name)
  return actAs(visit, "BatchImportUpstreamImage", (call) => {
    permitImport(call, visit.home, visit.name)
    const login = credentialArn === undefined ? undefined : readCredential(call, visit.home, credentialArn)
    return { host, repository, login }
  })
}

interface Wanted {
  readonly rule: PullThroughCacheRule
  readonly repository: Repository | undefined
  readonly isHere: boolean
}

function wantedFrom({ registry, home, name }: Visit, reference: string): Wanted | undefined {
  const { imageTag } = imageName(reference)
  if (isPublic(home) || !(imageTag === undefined ? isDigest(reference) : isTag(imageTag))) return undefined
  return registry.store.transact(regionScope(home.account, home.region), (tx) => {
    const rule = ruleFor(tx, name)
    if (rule === undefined) return undefined
    const repository = tx.get(repositories, name)
    const image = repository && findImage({ tx, repository }, imageName(reference))
    if (image === undefined) return { rule, repository, isHere: false }
    // What was pushed here is nobody else's to replace.
    if (imageTag === undefined || !image.isCached) return undefined
    const fresh = tx.get(freshTags, tagKey(image.repositoryId, imageTag))
    if (fresh !== undefined && fresh.freshUntil > registry.world.now()) return undefined
    return { rule, repository, isHere: true }
  })
}

async function keep(visit: Visit, reference: string, { digest, content }: Arrived): Promise<void> {
  const { registry, home, name } = visit
  const { imageTag: tag } = imageName(reference)
  const manifest = content && readManifest(content.bytes, content.mediaType)
  using _ = registry.blobs.hold(digest)
  if (content !== undefined) await registry.blobs.put(digest, content.bytes)
  await actAs(visit, "BatchImportUpstreamImage", (call) => {
    const { tx, repository: existing, template } = permitImport(call, home, name)
    const repository = existing ?? createRepository(call, tx, name, template ?? USUAL)
    const key = imageKey(repository.id, digest)
    if (tx.get(images, key) === undefined) {
      if (manifest === undefined) return
      tx.put(images, recordOf(repository, digest, manifest, content!.bytes.length, call.now))
    }
    if (tag === undefined) return
    const tagged = tx.get(imageTags, tagKey(repository.id, tag))
    if (tagged === undefined || mayMove(repository, tag))
      tx.put(imageTags, { repositoryId: repository.id, tag, digest })
    tx.put(freshTags, { repositoryId: repository.id, tag, freshUntil: call.now + FRESH_MS })
  })
}

/** Its layers are none of the repository's yet: each comes when somebody asks for it. */
function recordOf(
  { id: repositoryId }: Repository,
  digest: string,
  { mediaType, artifactType, layers, children, subject, annotations }: Manifest,
  manifestBytes: number,
  now: number,
): Image {
  return {
    repositoryId,
    digest,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    manifestBytes,
    bytes: [...layers, ...children].reduce((sum, { size }) => sum + Math.max(0, size), manifestBytes),
    layers: [...new Set(layers.map((layer) => layer.digest))],
    children: [...new Set(children.map((child) => child.digest))],
    ...(subject !== undefined && { subject }),
    ...(annotations !== undefined && { annotations }),
    isCached: true,
    pushedAt: now,
  }
}

function hasImage({ registry, home }: Visit, { id }: Repository, digest: string): boolean {
  const scope = regionScope(home.account, home.region)
  return registry.store.transact(scope, (tx) => tx.get(images, imageKey(id, digest)) !== undefined)
}

function freshen({ registry, home }: Visit, { id: repositoryId }: Repository, reference: string, ms: number): void {
  const { imageTag: tag } = imageName(reference)
  const freshUntil = registry.world.now() + ms
  registry.store.transact(regionScope(home.account, home.region), (tx) => {
    if (tag !== undefined) tx.put(freshTags, { repositoryId, tag, freshUntil })
  })
}

const USUAL = { mutability: { kind: "MUTABLE", exclusions: [] }, encryption: { type: "AES256" }, tags: [] } as const

/** A tag is looked up once in so long, as on AWS. */
const FRESH_MS = 24 * 60 * 60 * 1000

/** A registry that did not answer is left alone for a while, so that nobody waits for it with each pull. */
const UNASKED_MS = 5 * 60 * 1000
