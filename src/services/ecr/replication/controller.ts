import { accountOf, regionOf, regionScope } from "../../../store/changes.ts"
import { controller, on, type Turn } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type Home, repositoryArn } from "../names.ts"
import { createRepository } from "../repository/create.ts"
import { templateFor } from "../repository/template.ts"
import { settingsOf } from "../settings/settings.ts"
import { type Image, imageKey, images, imageTags, layers, type Repository, repositories, tagKey } from "../tables.ts"
import { destinationsOf, takesFrom } from "./plan.ts"

/**
 * Brings what is pushed into one registry into those that its rules name. All of them lie on the same disk, so it is the records
 * that are copied. As on AWS only pushes are replicated, not what was there before, and no deletions.
 */
export const replication = controller({
  name: "ecr/replication",
  wakes: [on(images, ({ repositoryId, digest }) => imageKey(repositoryId, digest)), on(imageTags, keyOfTagged)],

  reconcile(turn, key) {
    const { tx } = turn
    const { replication: rules, replicationSince = 0 } = settingsOf(tx)
    const image = rules.length === 0 ? undefined : tx.get(images, key)
    const repository = image && tx.where(repositories, "id", image.repositoryId)[0]
    if (image === undefined || repository === undefined || image.pushedAt < replicationSince) return
    // What another registry has is pulled through where it is wanted.
    if (image.isCached) return
    for (const destination of destinationsOf(rules, repository.name)) {
      const source: Home = { account: accountOf(tx.scope), region: regionOf(tx.scope) }
      const there = tx.anywhere.in(regionScope(destination.account, destination.region))
      const takes = (action: string) =>
        source.account === destination.account ||
        takesFrom(settingsOf(there).policy, source.account, action, repositoryArn(destination, repository.name))
      if (!takes("ecr:ReplicateImage")) continue
      const isNew = there.get(repositories, repository.name) === undefined
      if (isNew && !takes("ecr:CreateRepository")) continue
      copy(turn, { image, repository, there })
    }
  },
})

interface Copying {
  readonly image: Image
  readonly repository: Repository
  readonly there: Tx
}

function copy(turn: Turn, { image, repository, there }: Copying): void {
  const target = there.get(repositories, repository.name) ?? created(turn, repository, there)
  // The parts of an index have their own turns; the index waits for them.
  if (image.children.some((digest) => there.get(images, imageKey(target.id, digest)) === undefined)) {
    turn.wakeAt(turn.now + PARTS_MS)
    return
  }
  if (there.get(images, imageKey(target.id, image.digest)) === undefined) {
    for (const digest of image.layers) {
      const { bytes } = turn.tx.mustGet(layers, imageKey(repository.id, digest))
      there.put(layers, { repositoryId: target.id, digest, bytes })
    }
    const { pulledAt: _, ...copied } = image
    there.put(images, { ...copied, repositoryId: target.id, pushedAt: turn.now })
  }
  for (const { tag } of turn.tx.where(imageTags, "image", imageKey(repository.id, image.digest))) {
    const existing = there.get(imageTags, tagKey(target.id, tag))
    if (existing?.digest !== image.digest) there.put(imageTags, { repositoryId: target.id, tag, digest: image.digest })
  }
}

function created({ random, now }: Turn, { name, mutability }: Repository, there: Tx): Repository {
  const usual = { mutability, encryption: { type: "AES256" }, tags: [] } as const
  return createRepository({ random, now }, there, name, templateFor(there, name, "REPLICATION") ?? usual)
}

function keyOfTagged({ repositoryId, digest }: { readonly repositoryId: string; readonly digest: string }): string {
  return imageKey(repositoryId, digest)
}

const PARTS_MS = 2_000
