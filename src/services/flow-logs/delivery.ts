import { INSTALLATION } from "../../store/changes.ts"
import type { Store } from "../../store/store.ts"
import type { FabricInterfaceFlows } from "../../wire/fabric.ts"
import type { World } from "../../world/world.ts"
import { flowLogsOf, networkInterfaces } from "../ec2/index.ts"
import { hostedInterfaces } from "../fabric/index.ts"
import { type Delivered, deliver, type EventStore } from "../logs/index.ts"
import { LeftInterfaces } from "./left.ts"
import { type FlowEvent, flowEvents, type Subject } from "./record.ts"

export interface FlowDeliveryParts {
  readonly world: World
  readonly store: Store
  readonly events: EventStore
}

interface Batch extends Delivered {
  readonly events: readonly FlowEvent[]
}

/** Writes what passed interfaces to the log groups of those who want to know. */
export class FlowDelivery {
  readonly #parts: FlowDeliveryParts
  readonly #left: LeftInterfaces
  #writing = 0

  constructor(parts: FlowDeliveryParts) {
    this.#parts = parts
    this.#left = new LeftInterfaces(parts)
  }

  take(machine: string, interval: FabricInterfaceFlows): void {
    const { world, store } = this.#parts
    const { interfaceId } = interval
    if (this.#writing >= WRITING_MAX) {
      world.log.warn("flows are not logged, as log events are written too slowly", { interface: interfaceId })
      return
    }
    const subject = this.#subjectOf(interfaceId, machine)
    if (subject === undefined) return
    const outcome = store.attempt(subject.scope, (tx): Batch[] =>
      flowLogsOf(tx, subject.one).flatMap((flowLog) => {
        if (flowLog.maxAggregationInterval !== interval.intervalSeconds) return []
        const events = flowEvents(flowLog, subject, interval)
        if (events.length === 0) return []
        const streamName = `${interfaceId}-${flowLog.trafficType.toLowerCase()}`
        const call = { tx, now: world.now(), random: world.random }
        return [{ ...deliver(call, flowLog.logGroupName, streamName), events }]
      }),
    )
    if (!outcome.ok) throw outcome.error
    void this.#write(outcome.value, outcome.version, interfaceId)
  }

  /** A machine is believed only about what is on it, or was a moment ago. */
  #subjectOf(interfaceId: string, machine: string): Subject | undefined {
    const outcome = this.#parts.store.attempt(INSTALLATION, (tx): Subject | undefined => {
      const hosted = tx.get(hostedInterfaces, interfaceId)
      if (hosted?.host !== machine) return undefined
      const one = tx.anywhere.in(hosted.scope).get(networkInterfaces, interfaceId)
      return one && { one, scope: hosted.scope }
    })
    if (!outcome.ok) throw outcome.error
    return outcome.value ?? this.#left.get(interfaceId, machine)
  }

  async #write(batches: readonly Batch[], version: number, interfaceId: string): Promise<void> {
    const { world, store, events } = this.#parts
    this.#writing += 1
    try {
      // A stream that is not durable would leave events behind that are nobody's.
      await store.whenDurable(version)
      for (const batch of batches) await events.append({ ...batch, ingestedAt: world.now() })
    } catch (error) {
      world.log.warn("flows could not be logged", { interface: interfaceId, error })
    } finally {
      this.#writing -= 1
    }
  }
}

/** Each is at most what one frame holds. */
const WRITING_MAX = 1_000
