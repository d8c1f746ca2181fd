import type * as sdk from "@aws-sdk/client-ecr"
import type { Operations } from "../../../aws/operations.ts"
import { fault } from "../fault.ts"
import { authorizedRepository, type Found } from "../names.ts"
import { repositories } from "../tables.ts"
import { policyIn } from "./settings.ts"

export const repositoryPolicyOperations = {
  // `force` is for policies that would lock their writer out; an account's root is never locked out here.
  SetRepositoryPolicy(call, input) {
    const found = authorizedRepository(call, input)
    const policy = policyIn(input.policyText!, "repository")
    found.tx.put(repositories, { ...found.repository, policy })
    return shown(found, policy)
  },

  GetRepositoryPolicy(call, input) {
    const found = authorizedRepository(call, input)
    return shown(found, existing(found))
  },

  DeleteRepositoryPolicy(call, input) {
    const found = authorizedRepository(call, input)
    const text = existing(found)
    const { policy: _, ...without } = found.repository
    found.tx.put(repositories, without)
    return shown(found, text)
  },
} satisfies Operations<typeof sdk>

function shown({ home, repository }: Found, policyText: string) {
  return { registryId: home.account, repositoryName: repository.name, policyText }
}

function existing({ home, repository }: Found): string {
  if (repository.policy !== undefined) return repository.policy
  throw fault(
    "RepositoryPolicyNotFoundException",
    `Repository policy does not exist for the repository with name '${repository.name}' in the registry with id '${home.account}'`,
  )
}
