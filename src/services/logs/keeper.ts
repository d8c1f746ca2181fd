import { INSTALLATION } from "../../store/changes.ts"
import type { Store } from "../../store/store.ts"
import type { Cancel, World } from "../../world/world.ts"
import { horizonOf } from "./log-group.ts"
import type { EventStore, Forgotten } from "./segments/event-store.ts"
import { deletedStreams, logGroups } from "./tables.ts"

/**
 * Keeps the store of events in step with the tables: each minute it is told of everything that nobody is to see any more,
 * whatever it was told before. So a deletion is carried out also when the process ends in its middle.
 */
export function keepLogEvents(world: World, store: Store, events: EventStore): Cancel {
  let stopped = false
  let cancel: Cancel = () => {}
  const look = async () => {
    try {
      await forgetOnce(world, store, events)
    } catch (error) {
      if (!stopped && store.leads) world.log.error("log events could not be forgotten", { error: String(error) })
    }
    if (!stopped) cancel = world.after(LOOK_MS, () => void look())
  }
  cancel = world.after(0, () => void look())
  return () => {
    stopped = true
    cancel()
  }
}

/** Only what is durably gone is forgotten: a deletion that comes to nothing must not cost anyone their logs. */
async function forgetOnce(world: World, store: Store, events: EventStore): Promise<void> {
  const outcome = store.attempt(INSTALLATION, ({ anywhere }): Forgotten => {
    // A group that is made while we wait is not among these, so nothing happens to it.
    const horizons = new Map([...events.groups()].map((id) => [id, Number.POSITIVE_INFINITY]))
    for (const scope of anywhere.scopes(logGroups)) {
      for (const group of anywhere.in(scope).all(logGroups)) horizons.set(group.id, horizonOf(group, world.now()))
    }
    const scopes = anywhere.scopes(deletedStreams)
    const streams = new Set(
      scopes.flatMap((scope) =>
        anywhere
          .in(scope)
          .all(deletedStreams)
          .map(({ id }) => id),
      ),
    )
    return { horizons, streams }
  })
  if (!outcome.ok) throw outcome.error
  await store.whenDurable(outcome.version)
  await events.forget(outcome.value)
}

const LOOK_MS = 60_000
