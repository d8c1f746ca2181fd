import { table } from "../../../store/table.ts"
import type { Task } from "./task.ts"

/** What a bus will take from here: an event as EventBridge shapes it. Written in the transaction that it tells of. */
export interface EcsEvent {
  /** Rises within its account and region. */
  readonly sequence: string
  readonly id: string
  readonly detailType: string
  readonly resources: readonly string[]
  readonly time: number
  readonly told: EventSubject
}

/**
 * Of a task the record itself, as it was then: events are many and read seldom, so whoever reads one puts it into words
 * (`event/read.ts`). What other records have a part in is in words from the start, as those may change.
 */
export type EventSubject = { readonly task: Task } | { readonly detail: object }

const EVENT_MS = 60 * 60 * 1000

export const events = table({
  name: "ecs/events",
  version: 2,
  key: (event: EcsEvent) => event.sequence,
  upgrades: { 1: ({ detail, ...event }: { readonly detail: object }) => ({ ...event, told: { detail } }) },
  retention: { until: ({ time }) => time + EVENT_MS },
})

/** The newest number of an event, one record for an account and region: events are forgotten, their numbers are not. */
export interface EventCounter {
  readonly key: "events"
  readonly latest: number
}

export const eventCounters = table({ name: "ecs/event-counters", version: 1, key: ({ key }: EventCounter) => key })
