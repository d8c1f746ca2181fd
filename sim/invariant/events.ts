import { eventVersion } from "../../src/services/ecs/event/read.ts"
import { type EcsEvent, eventCounters, events } from "../../src/services/ecs/tables/event.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

/** Remembers what was told last; what a process had not made durable when it died was never told. */
export function eventsRise(): Invariant {
  const newest = new Map<string, string>()
  const versions = new Map<string, number>()
  return {
    name: "events and their versions only rise",
    changed({ table, scope, before, after }, { breach }) {
      if (table !== events || after === undefined) return
      const event = after as EcsEvent
      if (before !== undefined) return breach(`event ${event.sequence} changes`)
      if (event.sequence <= (newest.get(scope) ?? ""))
        breach(`event ${event.sequence} comes after ${newest.get(scope)}`)
      newest.set(scope, event.sequence)
      const version = eventVersion(event)
      const [arn] = event.resources
      if (version === undefined || arn === undefined) return
      const earlier = versions.get(arn)
      if (earlier !== undefined && version <= earlier)
        breach(`an event of ${shortArn(arn)} has version ${version} after ${earlier}`)
      versions.set(arn, version)
    },
    reopened({ read, scopes, breach }) {
      newest.clear()
      versions.clear()
      for (const scope of scopes) {
        read(scope, (tx) => {
          const kept = tx.list(events)
          const last = kept.at(-1)?.sequence
          if (last === undefined) return
          newest.set(scope, last)
          if (Number(last) > (tx.get(eventCounters, "events")?.latest ?? 0))
            breach("the counter of events is behind them")
          for (const event of kept) {
            const [arn] = event.resources
            const version = eventVersion(event)
            if (version !== undefined && arn !== undefined) versions.set(arn, version)
          }
        })
      }
    },
  }
}
