import type * as sdk from "@aws-sdk/client-ecr-public"
import type { Call, Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { requestTagConditions } from "../../../aws/tags.ts"
import { repositoryUri } from "../address.ts"
import { fault, notYet } from "../fault.ts"
import { emptyRepository } from "../image/delete.ts"
import {
  authorizedRepository,
  checkCount,
  checkedRepositoryName,
  type Home,
  homeOf,
  noRepository,
  recordsOf,
  repositoryArn,
} from "../names.ts"
import { createRepository } from "../repository/create.ts"
import { invalidToken } from "../repository/repository.ts"
import { mutabilityIn, tagsIn } from "../repository/settings.ts"
import { type CatalogData, images, type Repository, repositories } from "../tables.ts"

export const publicRepositoryOperations = {
  CreateRepository(call, input) {
    const home = homeOf(call, undefined)
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
    const catalog = catalogIn(input.catalogData ?? {})
    const made = createRepository(call, tx, name, { mutability: mutabilityIn(), encryption: { type: "AES256" }, tags })
    tx.put(repositories, { ...made, catalog })
    return { repository: describe(call, home, made), catalogData: shown(catalog) }
  },

  DescribeRepositories(call, { repositoryNames, nextToken, maxResults = 100, registryId }) {
    const home = homeOf(call, registryId)
    checkCount(maxResults, "maxResults")
    const names = repositoryNames?.map((name) => checkedRepositoryName(name, "repositoryNames"))
    call.authorize((names ?? ["*"]).map((name) => repositoryArn(home, name)))
    const tx = recordsOf(call, home)
    if (names !== undefined && names.length > 0) {
      const found = names.map((name) => tx.get(repositories, name) ?? noRepository(home, name))
      for (const repository of found) if (repository instanceof Error) throw repository
      return { repositories: (found as Repository[]).map((repository) => describe(call, home, repository)) }
    }
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
    tx.delete(repositories, repository.name)
    return { repository: describe(call, home, repository) }
  },

  GetRepositoryCatalogData(call, input) {
    const { repository } = authorizedRepository(call, input)
    return { catalogData: shown(repository.catalog ?? catalogIn({})) }
  },

  PutRepositoryCatalogData(call, input) {
    const { tx, repository } = authorizedRepository(call, input)
    const catalog = catalogIn(input.catalogData!)
    tx.put(repositories, { ...repository, catalog })
    return { catalogData: shown(catalog) }
  },
} satisfies Operations<typeof sdk>

function describe({ origin }: Pick<Call, "origin">, home: Home, { name, createdAt }: Repository): sdk.Repository {
  return {
    repositoryArn: repositoryArn(home, name),
    registryId: home.account,
    repositoryName: name,
    repositoryUri: repositoryUri(origin, home, name),
    createdAt: new Date(createdAt),
  }
}

function catalogIn(sent: sdk.RepositoryCatalogDataInput): CatalogData {
  const { description, architectures = [], operatingSystems = [], logoImageBlob, aboutText, usageText } = sent
  if (logoImageBlob !== undefined) throw notYet("logos of repositories (logoImageBlob)")
  return {
    ...(description !== undefined && { description }),
    architectures: [...architectures],
    operatingSystems: [...operatingSystems],
    ...(aboutText !== undefined && { aboutText }),
    ...(usageText !== undefined && { usageText }),
  }
}

function shown({ architectures, operatingSystems, ...texts }: CatalogData): sdk.RepositoryCatalogData {
  return { ...texts, architectures: [...architectures], operatingSystems: [...operatingSystems] }
}
