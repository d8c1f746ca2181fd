import { arnOf, globalArnOf } from "../../aws/arn.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, unfit } from "./fault.ts"
import { type Repository, repositories } from "./tables.ts"

/** Whose a registry is, and where. */
export interface Home {
  readonly account: string
  readonly region: string
}

/** A repository that has been found, and the records it belongs to. */
export interface Found {
  readonly home: Home
  readonly tx: Tx
  readonly repository: Repository
}

export function repositoryArn(home: Home, name: string): string {
  if (isPublic(home))
    return globalArnOf("ecr-public", { account: home.account, region: "us-east-1" }, `repository/${name}`)
  return arnOf("ecr", home, `repository/${name}`)
}

/** What everyone may read is in no region, and apart from what an account has in any. */
export function isPublic({ region }: Pick<Home, "region">): boolean {
  return region === PUBLIC
}

/** No request can be signed for a region of this name: nobody comes here but by asking for what is public. */
export const PUBLIC = "ecr.public"

/** The registry that an operation is asked of: the caller's own, or the one that it names. */
export function homeOf(call: Pick<Call, "account" | "region" | "service">, registryId: string | undefined): Home {
  if (registryId !== undefined && !/^[0-9]{12}$/.test(registryId)) {
    throw unfit("registryId", "must satisfy regular expression '[0-9]{12}'")
  }
  const region = call.service === "ecr-public" ? PUBLIC : call.region
  return { account: registryId ?? call.account, region }
}

export function recordsOf(call: Pick<Call, "tx">, { account, region }: Home): Tx {
  return call.tx.anywhere.in(regionScope(account, region))
}

/** The repository that an operation acts on, once it is known that the caller may; its own policy has a say in that. */
export function authorizedRepository(
  call: Call,
  {
    repositoryName,
    registryId,
  }: { readonly repositoryName: string | undefined; readonly registryId?: string | undefined },
): Found {
  const home = homeOf(call, registryId)
  return permittedRepository(call, home, checkedRepositoryName(repositoryName!))
}

export function permittedRepository(call: Call, home: Home, name: string): Found {
  const tx = recordsOf(call, home)
  const repository = tx.get(repositories, name)
  call.authorize(repositoryArn(home, name), resourceTagConditions(repository?.tags ?? []), {
    document: repository?.policy,
  })
  if (repository === undefined) throw noRepository(home, name)
  return { home, tx, repository }
}

export function noRepository({ account }: Home, name: string) {
  return fault(
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  )
}

export function checkedRepositoryName(name: string, path = "repositoryName"): string {
  if (name.length < 2) throw unfit(path, "must have length greater than or equal to 2")
  if (name.length > 256) throw unfit(path, "must have length less than or equal to 256")
  if (!NAME.test(name)) throw unfit(path, `must satisfy regular expression '${NAME.source.slice(1, -1)}'`)
  return name
}

export function isTag(text: string): boolean {
  return /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,299}$/.test(text)
}

export function checkCount(count: number | undefined, path: string, max = 1000): void {
  if (count === undefined) return
  if (count < 1) throw unfit(path, "Member must have value greater than or equal to 1")
  if (count > max) throw unfit(path, `Member must have value less than or equal to ${max}`)
}

const NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/
