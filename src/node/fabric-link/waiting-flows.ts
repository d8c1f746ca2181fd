import type { FabricInterfaceFlows } from "../../wire/fabric.ts"

/**
 * Flows that the region has yet to be told of. While it is away they wait; of what becomes too much, the oldest, it is
 * only said that it was not kept.
 */
export class WaitingFlows {
  #waiting: FabricInterfaceFlows[] = []
  #count = 0

  /** Of the oldest, how many are said to be incomplete and have no flows any more. */
  #emptied = 0

  add(flows: FabricInterfaceFlows): void {
    this.#waiting.push(flows)
    this.#count += flows.flows.length
    while (this.#count > FLOWS_MAX && this.#emptied < this.#waiting.length) {
      const oldest = this.#waiting[this.#emptied]!
      this.#count -= oldest.flows.length
      if (oldest.flows.length > 0) this.#waiting[this.#emptied] = { ...oldest, flows: [], isIncomplete: true }
      this.#emptied += 1
    }
    if (this.#waiting.length > INTERVALS_MAX) {
      this.#count -= this.#waiting.shift()!.flows.length
      this.#emptied = Math.max(0, this.#emptied - 1)
    }
  }

  /** All of it, in pieces of which each fits into a frame. */
  take(): FabricInterfaceFlows[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#count = 0
    this.#emptied = 0
    return waiting.flatMap(inParts)
  }
}

/** That something is missing is said once. */
function inParts(whole: FabricInterfaceFlows): FabricInterfaceFlows[] {
  if (whole.flows.length <= PART_COUNT) return [whole]
  const parts: FabricInterfaceFlows[] = []
  for (let from = 0; from < whole.flows.length; from += PART_COUNT) {
    const isLast = from + PART_COUNT >= whole.flows.length
    const flows = whole.flows.slice(from, from + PART_COUNT)
    parts.push({ ...whole, flows, isIncomplete: isLast && whole.isIncomplete })
  }
  return parts
}

const FLOWS_MAX = 50_000
const INTERVALS_MAX = 10_000
const PART_COUNT = 500
