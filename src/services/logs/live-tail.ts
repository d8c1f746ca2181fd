import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { type Call, type FlowCall, flow, type Operations } from "../../aws/operations.ts"
import { newUuid } from "../../world/ids.ts"
import { fault, invalid } from "./fault.ts"
import { matcher } from "./filter-log-events.ts"
import { LiveTailSession } from "./live-tail/session.ts"
import { existingGroup, groupArn, groupResource, identifiedGroup } from "./names.ts"
import { permit } from "./permit.ts"
import type { EventStore } from "./segments/event-store.ts"
import { type LogGroup, logStreams } from "./tables.ts"

export function liveTailOperations(events: EventStore) {
  const sessions = new Map<string, number>()

  /** Counts an account's sessions; answers what takes one off again. */
  function enter({ account }: FlowCall): () => void {
    const count = sessions.get(account) ?? 0
    if (count >= SESSIONS_MAX) {
      throw fault("LimitExceededException", `There can be at most ${SESSIONS_MAX} concurrent Live Tail sessions.`)
    }
    sessions.set(account, count + 1)
    return () => {
      const left = sessions.get(account)! - 1
      if (left === 0) sessions.delete(account)
      else sessions.set(account, left)
    }
  }

  return {
    StartLiveTail: flow(async (call, input) => {
      const { logStreamNames: names = [], logStreamNamePrefixes: prefixes = [] } = input
      const groups = await call.transact((inner) => authorizedGroups(inner, input.logGroupIdentifiers!))
      checkStreams(groups, names, prefixes)
      const matches = matcher(input.logEventFilterPattern)
      const leave = enter(call)

      /** A stream made since the session began counts too, so its name is looked up when it first says something. */
      async function nameOf(id: string): Promise<string | undefined> {
        const name = await call.transact((inner) => inner.tx.where(logStreams, "id", id)[0]?.name)
        if (name === undefined) return undefined
        const isWanted =
          (names.length === 0 || names.includes(name)) &&
          (prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)))
        return isWanted ? name : undefined
      }

      const session = new LiveTailSession({
        call,
        matches,
        nameOf,
        groups: groups.map((group) => ({ group, arn: groupArn(call, group.name) })),
        watch: (group, hear) => events.watch(group.id, hear),
        ended: leave,
        start: {
          requestId: call.requestId,
          sessionId: newUuid(call.random),
          logGroupIdentifiers: groups.map(({ name }) => groupArn(call, name)),
          logStreamNames: [...names],
          logStreamNamePrefixes: [...prefixes],
          logEventFilterPattern: input.logEventFilterPattern ?? "",
        },
      })
      return { responseStream: session }
    }),
  } satisfies Operations<typeof sdk>
}

function authorizedGroups(call: Call, identifiers: readonly string[]): readonly LogGroup[] {
  if (identifiers.length < 1 || identifiers.length > GROUPS_MAX) {
    call.authorize("*")
    throw invalid(`A Live Tail session has between 1 and ${GROUPS_MAX} log groups.`)
  }
  const named = identifiers.map((identifier) => identifiedGroup(call, identifier))
  for (const group of named) permit(call, group, groupResource(group, group.name))
  return named.map((group) => existingGroup(call, group))
}

function checkStreams(groups: readonly LogGroup[], names: readonly string[], prefixes: readonly string[]): void {
  if (names.length > 0 && prefixes.length > 0) {
    throw invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
  }
  if ((names.length > 0 || prefixes.length > 0) && groups.length > 1) {
    throw invalid("Log streams can be chosen only if there is one log group.")
  }
}

const GROUPS_MAX = 10
const SESSIONS_MAX = 15
