import type { Call } from "../../../aws/operations.ts"
import { requestTagConditions, resourceTagConditions } from "../../../aws/tags.ts"
import { type Home, recordsOf, repositoryArn } from "../names.ts"
import { templateFor } from "../repository/template.ts"
import { settingsOf } from "../settings/settings.ts"
import { type CreationTemplate, type Repository, repositories } from "../tables.ts"

export interface Importing {
  readonly tx: Call["tx"]

  /** Undefined while there is none. */
  readonly repository: Repository | undefined

  /** What it is made by then. */
  readonly template: CreationTemplate | undefined
}

/** Whether whoever pulls may also bring an image here, and make the repository for it. The registry's policy has a say as well. */
export function permitImport(call: Call, home: Home, name: string): Importing {
  const tx = recordsOf(call, home)
  const repository = tx.get(repositories, name)
  const arn = repositoryArn(home, name)
  const conditions = resourceTagConditions(repository?.tags ?? [])
  const { policy: registryPolicy } = settingsOf(tx)
  call.authorizeAlso("ecr:BatchGetImage", arn, conditions, { document: repository?.policy })
  call.authorize(arn, conditions, { document: together(registryPolicy, repository?.policy) })
  if (repository !== undefined) return { tx, repository, template: undefined }
  const template = templateFor(tx, name, "PULL_THROUGH_CACHE")
  const tags = template?.tags ?? []
  call.authorizeAlso("ecr:CreateRepository", arn, requestTagConditions(tags), { document: registryPolicy })
  if (tags.length > 0) call.authorizeAlso("ecr:TagResource", arn, requestTagConditions(tags))
  return { tx, repository, template }
}

/** Both have been read as policies before they were written down. */
function together(registry: string | undefined, repository: string | undefined): string | undefined {
  if (registry === undefined || repository === undefined) return registry ?? repository
  const [one, other] = [JSON.parse(registry), JSON.parse(repository)]
  return JSON.stringify({ Version: "2012-10-17", Statement: [one.Statement, other.Statement].flat() })
}
