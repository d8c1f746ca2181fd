import type { Turn } from "../../../store/controller.ts"
import { newUuid } from "../../../world/ids.ts"
import { type EcsEvent, eventCounters, events } from "../tables/event.ts"

/** Who changes records, an operation or a controller: what both have. */
export type Writer = Pick<Turn, "tx" | "now" | "random">

/** Tells of a change, in the transaction that makes it. */
export function writeEvent(
  { tx, now, random }: Writer,
  { detailType, resources, told }: Pick<EcsEvent, "detailType" | "resources" | "told">,
): EcsEvent {
  // Events are forgotten, so the newest number is kept on its own: it must not be given out again.
  const sequence = (tx.get(eventCounters, "events")?.latest ?? 0) + 1
  tx.put(eventCounters, { key: "events", latest: sequence })
  const event: EcsEvent = {
    sequence: eventSequence(sequence),
    id: newUuid(random),
    time: now,
    detailType,
    resources,
    told,
  }
  tx.put(events, event)
  if (sequence > EVENTS_MAX) tx.delete(events, eventSequence(sequence - EVENTS_MAX))
  return event
}

/** As text that is in the order of the numbers. */
export function eventSequence(number: number): string {
  return String(number).padStart(16, "0")
}

/** So many of the newest are there for whoever reads them: an account that changes a million tasks must not fill the memory. */
const EVENTS_MAX = 10_000
