import type { FabricFlow, FabricInterfaceFlows } from "../../../wire/fabric.ts"
import type { CountedFlow } from "./counted.ts"

/** What passes one interface in one interval. */
export class FlowWindow {
  readonly interfaceId: string
  readonly intervalSeconds: number
  readonly startedAt: number
  readonly #flows = new Map<string, FabricFlow>()
  #isIncomplete: boolean

  constructor({
    interfaceId,
    intervalSeconds,
    startedAt,
    isIncomplete,
  }: Omit<FabricInterfaceFlows, "endedAt" | "flows">) {
    this.interfaceId = interfaceId
    this.intervalSeconds = intervalSeconds
    this.startedAt = startedAt
    this.#isIncomplete = isIncomplete
  }

  isOver(now: number): boolean {
    return now >= this.startedAt + this.intervalSeconds * 1000
  }

  /** `since` is when was looked last, so that a flow that was not known then has begun later. */
  add({ link: _, lastAt, ...counted }: CountedFlow, since: number): void {
    const { isIngress, isAccepted, source, destination, sourcePort, destinationPort, protocol } = counted
    const key = [isIngress, isAccepted, source, destination, sourcePort, destinationPort, protocol].join(" ")
    const known = this.#flows.get(key)
    if (known === undefined && this.#flows.size >= FLOWS_MAX) {
      this.#isIncomplete = true
      return
    }
    const endedAt = Math.max(this.startedAt, lastAt)
    this.#flows.set(key, {
      ...counted,
      packets: counted.packets + (known?.packets ?? 0),
      bytes: counted.bytes + (known?.bytes ?? 0),
      startedAt: known?.startedAt ?? Math.min(endedAt, Math.max(this.startedAt, since)),
      endedAt,
    })
  }

  miss(): void {
    this.#isIncomplete = true
  }

  end(endedAt: number): FabricInterfaceFlows {
    const { interfaceId, intervalSeconds, startedAt } = this
    const isIncomplete = this.#isIncomplete
    return { interfaceId, intervalSeconds, startedAt, endedAt, isIncomplete, flows: [...this.#flows.values()] }
  }
}

/** Of an interface in an interval. */
const FLOWS_MAX = 10_000
