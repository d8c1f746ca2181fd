import type * as sdk from "@aws-sdk/client-ecr"
import type { Call, Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { inCapitals } from "../../../aws/tags.ts"
import { fault, unfit } from "../fault.ts"
import { readLifecyclePolicy } from "../lifecycle/policy.ts"
import { checkCount } from "../names.ts"
import { invalidToken, shownMutability } from "../repository/repository.ts"
import { checkOneOf, encryptionIn, mutabilityIn, policyIn, tagsIn } from "../repository/settings.ts"
import { ROOT } from "../repository/template.ts"
import { type CreationTemplate, creationTemplates, type TemplatePurpose } from "../tables.ts"

export const creationTemplateOperations = {
  CreateRepositoryCreationTemplate(call, input) {
    call.authorize("*")
    const prefix = checkedPrefix(input.prefix!)
    if (call.tx.get(creationTemplates, prefix) !== undefined) {
      throw fault(
        "TemplateAlreadyExistsException",
        `The repository creation template with prefix '${prefix}' already exists in the registry with id '${call.account}'`,
      )
    }
    const template = templateIn(call, prefix, input, call.now)
    call.tx.put(creationTemplates, template)
    return { registryId: call.account, repositoryCreationTemplate: describe(template) }
  },

  /** What is not named stays as it is. */
  UpdateRepositoryCreationTemplate(call, input) {
    call.authorize("*")
    const existing = existingTemplate(call, input.prefix!)
    const { registryId: _, ...before } = { registryId: "", ...describe(existing) }
    const named = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const template = templateIn(call, existing.prefix, { ...before, ...named }, existing.createdAt)
    call.tx.put(creationTemplates, template)
    return { registryId: call.account, repositoryCreationTemplate: describe(template) }
  },

  DeleteRepositoryCreationTemplate(call, input) {
    call.authorize("*")
    const existing = existingTemplate(call, input.prefix!)
    call.tx.delete(creationTemplates, existing.prefix)
    return { registryId: call.account, repositoryCreationTemplate: describe(existing) }
  },

  DescribeRepositoryCreationTemplates(call, input) {
    call.authorize("*")
    const { prefixes, nextToken, maxResults = 100 } = input
    checkCount(maxResults, "maxResults")
    if (prefixes !== undefined && prefixes.length > 0) {
      const found = prefixes.map((prefix) => describe(existingTemplate(call, prefix)))
      return { registryId: call.account, repositoryCreationTemplates: found }
    }
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      list: (from) => call.tx.list(creationTemplates, from),
      position: ({ prefix }) => prefix,
      invalidToken,
    })
    return {
      registryId: call.account,
      repositoryCreationTemplates: listing.page.map(describe),
      ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

type TemplateInput = Omit<sdk.UpdateRepositoryCreationTemplateRequest, "prefix">

function templateIn(call: Call, prefix: string, input: TemplateInput, createdAt: number): CreationTemplate {
  const { description, resourceTags, repositoryPolicy, lifecyclePolicy, appliedFor = [], customRoleArn } = input
  for (const purpose of appliedFor) checkOneOf(purpose, PURPOSES, "appliedFor")
  if (appliedFor.length === 0) throw unfit("appliedFor", "must have length greater than or equal to 1")
  if (lifecyclePolicy) readLifecyclePolicy(lifecyclePolicy)
  return {
    prefix,
    ...(description && { description }),
    encryption: encryptionIn(call, input.encryptionConfiguration),
    tags: tagsIn(resourceTags),
    mutability: mutabilityIn(input.imageTagMutability, input.imageTagMutabilityExclusionFilters),
    ...(repositoryPolicy && { policy: policyIn(repositoryPolicy, "repository") }),
    ...(lifecyclePolicy && { lifecyclePolicy }),
    appliedFor: appliedFor as readonly TemplatePurpose[],
    ...(customRoleArn && { role: customRoleArn }),
    createdAt,
    updatedAt: call.now,
  }
}

function describe(template: CreationTemplate): sdk.RepositoryCreationTemplate {
  const { prefix, description, encryption, tags, mutability, policy, lifecyclePolicy, appliedFor, role } = template
  return {
    prefix,
    ...(description !== undefined && { description }),
    encryptionConfiguration: {
      encryptionType: encryption.type,
      ...(encryption.key !== undefined && { kmsKey: encryption.key }),
    },
    resourceTags: inCapitals(tags),
    ...shownMutability(mutability),
    ...(policy !== undefined && { repositoryPolicy: policy }),
    ...(lifecyclePolicy !== undefined && { lifecyclePolicy }),
    appliedFor: [...appliedFor],
    ...(role !== undefined && { customRoleArn: role }),
    createdAt: new Date(template.createdAt),
    updatedAt: new Date(template.updatedAt),
  }
}

function existingTemplate({ tx, account }: Call, prefix: string): CreationTemplate {
  const template = tx.get(creationTemplates, prefix)
  if (template !== undefined) return template
  throw fault(
    "TemplateNotFoundException",
    `The repository creation template with prefix '${prefix}' does not exist in the registry with id '${account}'`,
  )
}

function checkedPrefix(prefix: string): string {
  if (prefix === ROOT || PREFIX.test(prefix)) return prefix
  throw unfit("prefix", `must satisfy regular expression '${PREFIX.source}'`)
}

const PREFIX = /^(?=.{1,256}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*\/?$/
const PURPOSES = ["REPLICATION", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH"]
