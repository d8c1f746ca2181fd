import type { Keys } from "../../../aws/keys.ts"
import { newUuid } from "../../../world/ids.ts"
import type { Random } from "../../../world/world.ts"
import { seal, unseal } from "../sealed.ts"
import type { Repository } from "../tables.ts"

/** An upload's id says by itself which repository it is for: nothing has to be written down to begin one. */
export function newUpload(keys: Keys, random: Random, { id: repositoryId }: Repository): Upload {
  const name = newUuid(random)
  return { name, id: seal(uploadKey(keys), random, { name, repositoryId }) }
}

/** The name under which the store of blobs knows an upload; undefined for one that is not this repository's. */
export function uploadNamed(keys: Keys, id: string, { id: repositoryId }: Repository): string | undefined {
  const content = unseal<{ readonly name: string; readonly repositoryId: string }>(uploadKey(keys), id)
  return content?.repositoryId === repositoryId ? content.name : undefined
}

export interface Upload {
  readonly name: string

  /** As callers know it. */
  readonly id: string
}

function uploadKey(keys: Keys): Uint8Array {
  return keys.derive("ecr-upload/v1")
}
