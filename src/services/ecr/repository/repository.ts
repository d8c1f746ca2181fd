import type * as sdk from "@aws-sdk/client-ecr"
import type { Call, Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { requestTagConditions } from "../../../aws/tags.ts"
import { repositoryUri } from "../address.ts"
import { fault, invalid } from "../fault.ts"
import { emptyRepository } from "../image/delete.ts"
import {
  authorizedRepository,
  checkCount,
  checkedRepositoryName,
  type Home,
  homeOf,
  permittedRepository,
  recordsOf,
  repositoryArn,
} from "../names.ts"
import { images, lifecyclePreviews, type Mutability, type Repository, repositories } from "../tables.ts"
import { createRepository } from "./create.ts"
import { encryptionIn, mutabilityIn, tagsIn } from "./settings.ts"

export const repositoryOperations = {
  CreateRepository(call, input) {
    const home = homeOf(call, input.registryId)
    const name = checkedRepositoryName(input.repositoryName!)
    const tags = tagsIn(input.tags)
    call.authorize(repositoryArn(home, name), requestTagConditions(tags))
    const tx = recordsOf(call, home)
    if (tx.get(repositories, name) !== undefined) {
      throw fault(
        "RepositoryAlreadyExistsException",
        `The repository with name '${name}' already exists in the registry with id '${home.account}'`,
      )
    }
    const repository = createRepository(call, tx, name, {
      mutability: mutabilityIn(input.imageTagMutability, input.imageTagMutabilityExclusionFilters),
      encryption: encryptionIn(home, input.encryptionConfiguration),
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      tags,
    })
    return { repository: describe(call, home, repository) }
  },

  DescribeRepositories(call, input) {
    const { repositoryNames, nextToken, maxResults = 100, registryId } = input
    const home = homeOf(call, registryId)
    checkCount(maxResults, "maxResults")
    const names = repositoryNames?.map((name) => checkedRepositoryName(name, "repositoryNames"))
    if (names !== undefined && names.length > 0) {
      const found = names.map((name) => permittedRepository(call, home, name))
      return { repositories: found.map(({ repository }) => describe(call, home, repository)) }
    }
    call.authorize(repositoryArn(home, "*"))
    const tx = recordsOf(call, home)
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { registryId: home.account },
      list: (from) => tx.list(repositories, from),
      position: ({ name }) => name,
      invalidToken,
    })
    return {
      repositories: listing.page.map((repository) => describe(call, home, repository)),
      ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
    }
  },

  DeleteRepository(call, input) {
    const { home, tx, repository } = authorizedRepository(call, input)
    if (!input.force && tx.some(images, "repository", repository.id)) {
      throw fault(
        "RepositoryNotEmptyException",
        `The repository with name '${repository.name}' in registry with id '${home.account}' cannot be deleted because it still contains images`,
      )
    }
    emptyRepository(tx, repository)
    if (tx.get(lifecyclePreviews, repository.id) !== undefined) tx.delete(lifecyclePreviews, repository.id)
    tx.delete(repositories, repository.name)
    return { repository: describe(call, home, repository) }
  },

  PutImageTagMutability(call, input) {
    const { home, tx, repository } = authorizedRepository(call, input)
    const mutability = mutabilityIn(input.imageTagMutability, input.imageTagMutabilityExclusionFilters)
    tx.put(repositories, { ...repository, mutability })
    return { registryId: home.account, repositoryName: repository.name, ...shownMutability(mutability) }
  },

  PutImageScanningConfiguration(call, input) {
    const { home, tx, repository } = authorizedRepository(call, input)
    const scanOnPush = input.imageScanningConfiguration!.scanOnPush ?? false
    tx.put(repositories, { ...repository, scanOnPush })
    return {
      registryId: home.account,
      repositoryName: repository.name,
      imageScanningConfiguration: { scanOnPush },
    }
  },
} satisfies Operations<typeof sdk>

function describe({ origin }: Pick<Call, "origin">, home: Home, repository: Repository): sdk.Repository {
  const { name, mutability, scanOnPush, encryption, createdAt } = repository
  return {
    repositoryArn: repositoryArn(home, name),
    registryId: home.account,
    repositoryName: name,
    repositoryUri: repositoryUri(origin, home, name),
    createdAt: new Date(createdAt),
    ...shownMutability(mutability),
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: {
      encryptionType: encryption.type,
      ...(encryption.key !== undefined && { kmsKey: encryption.key }),
    },
  }
}

export function shownMutability({ kind, exclusions }: Mutability) {
  return {
    imageTagMutability: kind,
    ...(exclusions.length > 0 && {
      imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: "WILDCARD" as const, filter })),
    }),
  }
}

export function invalidToken() {
  return invalid("Invalid parameter at 'nextToken' failed to satisfy constraint: 'must be a token of this listing'")
}
