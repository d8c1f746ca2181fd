import { controller, on } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import { deleteImage, isListed, tagsOf } from "../image/delete.ts"
import { type Image, images, type Repository, repositories } from "../tables.ts"
import { planExpiry, type TaggedImage } from "./plan.ts"
import { readLifecyclePolicy } from "./policy.ts"

/** Carries out the lifecycle policy of each repository once an hour, and at once when it is new. */
export const lifecycles = controller({
  name: "ecr/lifecycles",
  wakes: [on(repositories, ({ name, lifecycle }) => (lifecycle === undefined ? undefined : name))],

  reconcile({ tx, now, again, wakeAt }, name) {
    const repository = tx.get(repositories, name)
    if (repository?.lifecycle === undefined) return
    const { policy, evaluatedAt } = repository.lifecycle
    if (now - evaluatedAt < EVERY_MS) return wakeAt(evaluatedAt + EVERY_MS)

    const all = taggedImages(tx, repository)
    const expiries = planExpiry(readLifecyclePolicy(policy), all, now)
    // The parts of what is being pushed come before the index that keeps them.
    const due = expiries.filter(({ image }) => now - image.pushedAt >= SETTLED_MS)
    for (const { image } of due.slice(0, EXPIRIES_PER_TURN)) {
      if (tx.get(images, images.key(image)) !== undefined) deleteImage(tx, image, now)
    }
    if (due.length > EXPIRIES_PER_TURN) return again()
    if (due.length < expiries.length) return wakeAt(now + SETTLED_MS)
    tx.put(repositories, { ...repository, lifecycle: { policy, evaluatedAt: now } })
  },
})

export function taggedImages(tx: Tx, { id }: Repository): readonly (Image & TaggedImage)[] {
  return tx
    .where(images, "repository", id)
    .map((image) => ({ ...image, tags: tagsOf(tx, image), isListed: isListed(tx, image) }))
}

const EVERY_MS = 60 * 60 * 1000
const SETTLED_MS = 10 * 60 * 1000
const EXPIRIES_PER_TURN = 100
