import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { newHex } from "../../world/ids.ts"
import { fault, invalid, notYet, unfit } from "./fault.ts"
import {
  checkCount,
  checkedGroupName,
  checkLength,
  existingGroup,
  groupArn,
  groupResource,
  identifiedGroup,
  namedGroup,
} from "./names.ts"
import { permit, permitMaking } from "./permit.ts"
import type { EventStore } from "./segments/event-store.ts"
import { type LogGroup, logGroups, logStreamKey, logStreams } from "./tables.ts"
import { checkedTags } from "./tag.ts"

export function logGroupOperations(events: EventStore) {
  function describe(call: Call, group: LogGroup): sdk.LogGroup {
    return {
      logGroupName: group.name,
      creationTime: group.createdAt,
      ...(group.retentionInDays !== undefined && { retentionInDays: group.retentionInDays }),
      metricFilterCount: 0,
      arn: `${groupArn(call, group.name)}:*`,
      storedBytes: events.storedBytes(group.id),
      logGroupClass: group.class,
      logGroupArn: groupArn(call, group.name),
      deletionProtectionEnabled: group.isProtected,
    }
  }

  return {
    CreateLogGroup(call, input) {
      const name = checkedGroupName(input.logGroupName!, "logGroupName")
      const tags = checkedTags(input.tags)
      permitMaking(call, name, tags)
      if (input.kmsKeyId !== undefined) throw notYet("encryption keys of log groups (kmsKeyId)")
      const logGroupClass = input.logGroupClass ?? "STANDARD"
      if (!CLASSES.includes(logGroupClass)) {
        throw unfit(logGroupClass, "logGroupClass", `Member must satisfy enum value set: [${CLASSES.join(", ")}]`)
      }
      if (logGroupClass !== "STANDARD") throw notYet(`the log group class ${logGroupClass}`)
      if (call.tx.get(logGroups, name) !== undefined) {
        throw fault("ResourceAlreadyExistsException", "The specified log group already exists")
      }
      call.tx.put(logGroups, {
        name,
        id: newHex(call.random, ID_DIGITS),
        class: logGroupClass,
        retentionInDays: undefined,
        isProtected: input.deletionProtectionEnabled ?? false,
        tags,
        createdAt: call.now,
      })
      return {}
    },

    DeleteLogGroup(call, input) {
      const group = authorizedGroup(call, input)
      if (group.isProtected) {
        throw fault("ValidationException", "The log group has deletion protection. Turn it off before you delete it.")
      }
      for (const { name } of call.tx.where(logStreams, "group", group.id)) {
        call.tx.delete(logStreams, logStreamKey(group.id, name))
      }
      call.tx.delete(logGroups, group.name)
      return {}
    },

    DescribeLogGroups(call, input) {
      call.authorize(groupResource(call, ""))
      const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupIdentifiers, limit = 50 } = input
      if (prefix !== undefined && pattern !== undefined) {
        throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
      }
      if (input.includeLinkedAccounts) throw notYet("linked accounts (includeLinkedAccounts)")
      if (prefix !== undefined) checkLength(prefix, "logGroupNamePrefix")
      checkCount(limit, "limit", 50)
      if (logGroupIdentifiers !== undefined && logGroupIdentifiers.length > 0) {
        const named = logGroupIdentifiers.map((identifier) => identifiedGroup(call, identifier))
        const found = named.flatMap(({ account, region, name }) =>
          account === call.account && region === call.region ? (call.tx.get(logGroups, name) ?? []) : [],
        )
        return { logGroups: found.map((group) => describe(call, group)) }
      }

      const { nextToken, limit: _, ...filters } = input
      const fits = ({ name, class: logGroupClass }: LogGroup) =>
        name.startsWith(prefix ?? "") &&
        name.includes(pattern ?? "") &&
        (input.logGroupClass === undefined || logGroupClass === input.logGroupClass)
      const listing = pageOf(call, {
        token: nextToken,
        limit,
        filters,
        list: ({ after, limit }) => call.tx.list(logGroups, { after }).filter(fits).slice(0, limit),
        position: ({ name }) => name,
        invalidToken: () => invalid("The specified nextToken is invalid."),
      })
      const shown = listing.page.map((group) => describe(call, group))
      return {
        logGroups:
          pattern === undefined
            ? shown
            : shown.map(({ arn, creationTime, logGroupName }) => ({ arn, creationTime, logGroupName })),
        ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
      }
    },

    PutRetentionPolicy(call, input) {
      const group = authorizedGroup(call, input)
      const { retentionInDays } = input
      if (!RETENTION_DAYS.includes(retentionInDays!)) {
        throw unfit(
          retentionInDays,
          "retentionInDays",
          `Member must satisfy enum value set: [${RETENTION_DAYS.join(", ")}]`,
        )
      }
      call.tx.put(logGroups, { ...group, retentionInDays })
      return {}
    },

    DeleteRetentionPolicy(call, input) {
      call.tx.put(logGroups, { ...authorizedGroup(call, input), retentionInDays: undefined })
      return {}
    },

    PutLogGroupDeletionProtection(call, input) {
      const group = authorizedGroup(call, { logGroupIdentifier: input.logGroupIdentifier })
      call.tx.put(logGroups, { ...group, isProtected: input.deletionProtectionEnabled! })
      return {}
    },

    /** Nothing needs a resource policy to write logs here, and none can be put. */
    DescribeResourcePolicies(call) {
      call.authorize("*")
      return { resourcePolicies: [] }
    },
  } satisfies Operations<typeof sdk>
}

/** The group that an operation acts on as a whole. */
export function authorizedGroup(call: Call, input: Parameters<typeof namedGroup>[1]): LogGroup {
  const named = namedGroup(call, input)
  permit(call, named, groupResource(named, named.name))
  return existingGroup(call, named)
}

/** Events from before this time are not shown, and are forgotten sooner or later. */
export function horizonOf({ retentionInDays }: LogGroup, now: number): number {
  return retentionInDays === undefined ? 0 : now - retentionInDays * DAY_MS
}

const DAY_MS = 24 * 60 * 60 * 1000
const ID_DIGITS = 24
const CLASSES: readonly string[] = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"]
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]
