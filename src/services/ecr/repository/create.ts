import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { newHex } from "../../../world/ids.ts"
import { type CreationTemplate, type Repository, repositories } from "../tables.ts"

export type RepositoryProperties = Pick<Repository, "mutability" | "encryption" | "tags"> &
  Partial<Pick<Repository, "scanOnPush" | "policy">> &
  Pick<CreationTemplate, "lifecyclePolicy">

/** Makes a repository of which it is known that it is not there. */
export function createRepository(
  { random, now }: Pick<Call, "random" | "now">,
  tx: Tx,
  name: string,
  properties: RepositoryProperties,
): Repository {
  const { mutability, encryption, tags, scanOnPush = false, policy, lifecyclePolicy } = properties
  const repository: Repository = {
    name,
    id: newHex(random, ID_DIGITS),
    mutability,
    scanOnPush,
    encryption,
    tags,
    ...(policy !== undefined && { policy }),
    ...(lifecyclePolicy !== undefined && { lifecycle: { policy: lifecyclePolicy, evaluatedAt: 0 } }),
    createdAt: now,
  }
  tx.put(repositories, repository)
  return repository
}

const ID_DIGITS = 24
