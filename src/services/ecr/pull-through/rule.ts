import type * as sdk from "@aws-sdk/client-ecr"
import { type Call, flow, type Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { fault, invalid, unfit } from "../fault.ts"
import { checkCount, homeOf } from "../names.ts"
import { invalidToken } from "../repository/repository.ts"
import { ROOT } from "../repository/template.ts"
import { checkedCredential, readCredential } from "./credential.ts"
import { beginning } from "./find.ts"
import { allowedRegistry, isAllowed } from "./known.ts"
import { type PullThroughCacheRule, pullThroughCacheRules } from "./tables.ts"
import { type Upstream, UpstreamFailed } from "./upstream.ts"

export function pullThroughCacheRuleOperations(upstream: Upstream | undefined) {
  const hosts = upstream?.hosts ?? []
  return {
    CreatePullThroughCacheRule(call, input) {
      call.authorize("*")
      checkOwn(call, input.registryId)
      const { upstreamRegistryUrl, upstreamRegistry, credentialArn, customRoleArn } = input
      const prefix = checkedPrefix(input.ecrRepositoryPrefix!, "ecrRepositoryPrefix")
      const upstreamPrefix = checkedPrefix(input.upstreamRepositoryPrefix ?? ROOT, "upstreamRepositoryPrefix")
      if (prefix === ROOT && upstreamPrefix !== ROOT) {
        throw unfit("upstreamRepositoryPrefix", "must be ROOT where ecrRepositoryPrefix is ROOT")
      }
      const url = upstreamRegistryUrl!
      const registry = allowedRegistry(url, upstreamRegistry, { hosts, hasCredential: credentialArn !== undefined })
      refuseRole(customRoleArn)
      const taken = call.tx.all(pullThroughCacheRules).find((rule) => beginning(rule.prefix) === beginning(prefix))
      if (taken !== undefined) {
        throw fault(
          "PullThroughCacheRuleAlreadyExistsException",
          `A pull through cache rule with prefix '${prefix}' already exists in the registry with id '${call.account}'`,
        )
      }
      if (call.tx.count(pullThroughCacheRules) >= RULES_MAX) {
        throw fault("LimitExceededException", `A registry has at most ${RULES_MAX} pull through cache rules.`)
      }
      const rule: PullThroughCacheRule = {
        prefix,
        upstreamUrl: url,
        ...(registry !== undefined && { upstreamRegistry: registry }),
        upstreamPrefix,
        ...(credentialArn !== undefined && { credentialArn: readableCredential(call, credentialArn) }),
        createdAt: call.now,
        updatedAt: call.now,
      }
      call.tx.put(pullThroughCacheRules, rule)
      return { ...described(call, rule), createdAt: new Date(rule.createdAt) }
    },

    UpdatePullThroughCacheRule(call, { registryId, ecrRepositoryPrefix, credentialArn, customRoleArn }) {
      call.authorize("*")
      checkOwn(call, registryId)
      const existing = existingRule(call, ecrRepositoryPrefix!)
      refuseRole(customRoleArn)
      if (credentialArn === undefined) throw unfit("credentialArn", "Member must not be null")
      const updated = { ...existing, credentialArn: readableCredential(call, credentialArn), updatedAt: call.now }
      call.tx.put(pullThroughCacheRules, updated)
      const { upstreamRegistryUrl: _, upstreamRegistry: __, ...shown } = described(call, updated)
      return { ...shown, updatedAt: new Date(updated.updatedAt) }
    },

    /** What was brought by it stays. */
    DeletePullThroughCacheRule(call, { registryId, ecrRepositoryPrefix }) {
      call.authorize("*")
      checkOwn(call, registryId)
      const existing = existingRule(call, ecrRepositoryPrefix!)
      call.tx.delete(pullThroughCacheRules, existing.prefix)
      const { upstreamRegistry: _, ...shown } = described(call, existing)
      return { ...shown, createdAt: new Date(existing.createdAt) }
    },

    DescribePullThroughCacheRules(call, { registryId, ecrRepositoryPrefixes, nextToken, maxResults = 100 }) {
      call.authorize("*")
      checkOwn(call, registryId)
      checkCount(maxResults, "maxResults")
      if (ecrRepositoryPrefixes !== undefined && ecrRepositoryPrefixes.length > 0) {
        const rules = ecrRepositoryPrefixes.map((prefix) => existingRule(call, prefix))
        return { pullThroughCacheRules: rules.map((rule) => listed(call, rule)) }
      }
      const listing = pageOf(call, {
        token: nextToken,
        limit: maxResults,
        list: (from) => call.tx.list(pullThroughCacheRules, from),
        position: ({ prefix }) => prefix,
        invalidToken,
      })
      return {
        pullThroughCacheRules: listing.page.map((rule) => listed(call, rule)),
        ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
      }
    },

    ValidatePullThroughCacheRule: flow(async (call, { registryId, ecrRepositoryPrefix }) => {
      const { rule, login, problem } = await call.transact((inner) => {
        inner.authorize("*")
        checkOwn(inner, registryId)
        const rule = existingRule(inner, ecrRepositoryPrefix!)
        try {
          const login = rule.credentialArn && readCredential(inner, inner, rule.credentialArn)
          return { rule, login: login || undefined, problem: undefined }
        } catch (error) {
          return { rule, login: undefined, problem: (error as Error).message }
        }
      })
      const failure = problem ?? (await unreachable(upstream, rule, login))
      const { upstreamRegistry: _, ...shown } = described(call, rule)
      return { ...shown, isValid: failure === undefined, ...(failure !== undefined && { failure }) }
    }),
  } satisfies Operations<typeof sdk>
}

/** Asks for what the largest has; a registry that says it has no such thing has let us in as well. */
async function unreachable(
  upstream: Upstream | undefined,
  { upstreamUrl: host }: PullThroughCacheRule,
  login: Parameters<Upstream["resolve"]>[0]["login"],
): Promise<string | undefined> {
  if (upstream === undefined || !isAllowed(host, upstream.hosts)) return `This installation does not ask ${host}.`
  try {
    await upstream.resolve({ host, repository: "library/alpine", login }, "latest")
  } catch (error) {
    if (!(error instanceof UpstreamFailed)) throw error
    // Who is not known by a credential is refused what nobody may see, and may have the rest all the same.
    if (error.reason === "away" || (error.reason === "refused" && login !== undefined)) return error.message
  }
  return undefined
}

function readableCredential(call: Call, arn: string): string {
  readCredential(call, call, checkedCredential(call, arn))
  return arn
}

function existingRule({ tx, account }: Call, prefix: string): PullThroughCacheRule {
  const rule = tx.get(pullThroughCacheRules, prefix)
  if (rule !== undefined) return rule
  throw fault(
    "PullThroughCacheRuleNotFoundException",
    `The pull through cache rule with prefix '${prefix}' does not exist in the registry with id '${account}'`,
  )
}

function described({ account }: Pick<Call, "account">, rule: PullThroughCacheRule) {
  const { prefix, upstreamUrl, upstreamRegistry, upstreamPrefix, credentialArn } = rule
  return {
    ecrRepositoryPrefix: prefix,
    upstreamRegistryUrl: upstreamUrl,
    registryId: account,
    ...(upstreamRegistry !== undefined && { upstreamRegistry }),
    ...(credentialArn !== undefined && { credentialArn }),
    upstreamRepositoryPrefix: upstreamPrefix,
  }
}

function listed(call: Call, rule: PullThroughCacheRule): sdk.PullThroughCacheRule {
  return { ...described(call, rule), createdAt: new Date(rule.createdAt), updatedAt: new Date(rule.updatedAt) }
}

function checkOwn(call: Call, registryId: string | undefined): void {
  if (homeOf(call, registryId).account !== call.account) {
    throw invalid("Rules are those of the caller's own registry. Leave out registryId.")
  }
}

function refuseRole(customRoleArn: string | undefined): void {
  if (customRoleArn === undefined) return
  throw unfit("customRoleArn", "must be absent where the upstream registry is not a private registry of Amazon ECR")
}

function checkedPrefix(prefix: string, path: string): string {
  if (prefix === ROOT || PREFIX.test(prefix)) return prefix
  throw unfit(path, `must satisfy regular expression '${PREFIX.source}'`)
}

const PREFIX = /^(?=.{2,30}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*\/?$/
const RULES_MAX = 50
