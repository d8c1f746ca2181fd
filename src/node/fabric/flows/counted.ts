import { formatIp } from "../../linux/ip.ts"
import type { CountedElement } from "../../linux/netlink/counted-elements.ts"
import { FLOW_SETS, FLOW_SILENCE_MS, FLOWS_MAX, type FlowSet } from "../filter/flow-sets.ts"

/** What a flow has had since it was last looked at. */
export interface CountedFlow {
  /** Of the interface, in its router. */
  readonly link: string
  readonly isIngress: boolean
  readonly isAccepted: boolean
  readonly source: string
  readonly destination: string

  /** Zero for protocols without. */
  readonly sourcePort: number
  readonly destinationPort: number
  readonly protocol: number
  readonly packets: number
  readonly bytes: number

  /** When its last packet came. */
  readonly lastAt: number
}

export interface Counted {
  readonly flows: readonly CountedFlow[]

  /** A set was full: there may have been flows that nobody has counted. */
  readonly isIncomplete: boolean
}

interface Count {
  readonly packets: number
  readonly bytes: number
}

/** The kernel counts for as long as a flow goes on. What is new follows from what was there before. */
export class Counters {
  #known: ReadonlyMap<string, Count> = new Map()

  /** Of all sets, in the order of their list. */
  take(elements: readonly (readonly CountedElement[])[], now: number): Counted {
    const known = new Map<string, Count>()
    const flows: CountedFlow[] = []
    let isIncomplete = false
    for (const [index, set] of [...FLOW_SETS.values()].entries()) {
      const own = elements[index] ?? []
      isIncomplete ||= own.length >= FLOWS_MAX
      for (const element of own) {
        const name = `${index} ${Buffer.from(element.key).toString("latin1")}`
        // A dump may name an element twice, when others come and go meanwhile.
        if (known.has(name)) continue
        const count = sinceThen(this.#known.get(name), element)
        known.set(name, element)
        if (count.packets > 0) flows.push(flowOf(set, element, count, now))
      }
    }
    this.#known = known
    return { flows, isIncomplete }
  }
}

/** One that has fewer than before went away meanwhile, and came again. */
function sinceThen(before: Count | undefined, { packets, bytes }: Count): Count {
  if (before === undefined || packets < before.packets) return { packets, bytes }
  return { packets: packets - before.packets, bytes: bytes - before.bytes }
}

function flowOf(set: FlowSet, { key, expiresMs }: CountedElement, count: Count, now: number): CountedFlow {
  const bytes = Buffer.from(key)
  const length = set.family === 4 ? 4 : 16
  const rest = LINK_LENGTH + 2 * length
  const hasPorts = set.protocol !== undefined
  return {
    link: bytes.toString("latin1", 0, bytes.indexOf(0)),
    isIngress: set.side === "ingress",
    isAccepted: set.isAccepted,
    source: formatIp(bytes.subarray(LINK_LENGTH, LINK_LENGTH + length)),
    destination: formatIp(bytes.subarray(LINK_LENGTH + length, rest)),
    sourcePort: hasPorts ? bytes.readUInt16BE(rest) : 0,
    destinationPort: hasPorts ? bytes.readUInt16BE(rest + 4) : 0,
    protocol: set.protocol ?? bytes[rest]!,
    packets: count.packets,
    bytes: count.bytes,
    lastAt: now - Math.min(FLOW_SILENCE_MS, Math.max(0, FLOW_SILENCE_MS - expiresMs)),
  }
}

/** Of the name of a link; shorter ones end with a zero. */
const LINK_LENGTH = 16
