import type { FabricInterfaceFlows } from "../../../wire/fabric.ts"
import type { Cancel, World } from "../../../world/world.ts"
import type { Names } from "../../linux/names.ts"
import type { NamespaceThread } from "../../linux/namespaces/thread.ts"
import { FLOW_SETS } from "../filter/flow-sets.ts"
import { ROUTER_TABLE } from "../plan/difference.ts"
import { Counters } from "./counted.ts"
import type { Coverage, Covered } from "./coverage.ts"
import { FlowWindow } from "./window.ts"

export interface FlowCollectorParts {
  readonly world: Pick<World, "after" | "log" | "now">
  readonly thread: Pick<NamespaceThread, "run">
  readonly names: Pick<Names, "routerPath">
}

type Hear = (flows: FabricInterfaceFlows) => void

/**
 * Flows of interfaces that have flow logs. The kernel counts; it is looked at now and then, and what it has counted is
 * added up until an interval is over, or the interface goes. Without such an interface nothing is done at all.
 */
export class FlowCollector {
  readonly #parts: FlowCollectorParts
  readonly #hearers = new Map<string, Set<Hear>>()
  readonly #routers = new Map<string, CountedRouter>()
  #coverage: Coverage = new Map()
  readonly #windows = new Map<string, FlowWindow[]>()
  #next: Cancel | undefined
  #isClosed = false

  /** What was there before this process has been counted, and told to nobody. */
  #isFirst = true

  constructor(parts: FlowCollectorParts) {
    this.#parts = parts
  }

  /** Hears of the flows of an instance's interfaces as their intervals end. */
  listen(host: string, hear: Hear): Cancel {
    const hearers = this.#hearers.get(host) ?? new Set()
    this.#hearers.set(host, hearers.add(hear))
    return () => void hearers.delete(hear)
  }

  /** To be called before an interface goes that is not among these any more: its last flows go with it. */
  async leave(next: Coverage): Promise<void> {
    const leaving = [...this.#coverage.values()].filter((one) => !isSame(one, next.get(one.id)))
    if (leaving.length === 0) return
    await this.#look(new Set(leaving.map(({ vpcId }) => vpcId)))
    const now = this.#parts.world.now()
    const staying = new Map(this.#coverage)
    for (const one of leaving) {
      this.#end(one, () => true, now)
      this.#windows.delete(one.id)
      staying.delete(one.id)
    }
    this.#coverage = staying
  }

  /** To be called once the rules are in force by which these are counted. */
  cover(next: Coverage): void {
    const startedAt = this.#parts.world.now()
    const isIncomplete = this.#isFirst
    this.#isFirst = false
    this.#coverage = next
    for (const { id: interfaceId, vpcId, intervals } of next.values()) {
      if (this.#windows.has(interfaceId)) continue
      const windows = intervals.map(
        (intervalSeconds) => new FlowWindow({ interfaceId, intervalSeconds, startedAt, isIncomplete }),
      )
      this.#windows.set(interfaceId, windows)
      if (!this.#routers.has(vpcId)) this.#routers.set(vpcId, { counters: new Counters(), lookedAt: startedAt })
    }
    const vpcIds = new Set([...next.values()].map(({ vpcId }) => vpcId))
    for (const vpcId of this.#routers.keys()) if (!vpcIds.has(vpcId)) this.#routers.delete(vpcId)
    if (next.size > 0) this.#lookLater()
  }

  close(): void {
    this.#isClosed = true
    this.#next?.()
  }

  #lookLater(): void {
    if (this.#isClosed) return
    const shortest = Math.min(...[...this.#coverage.values()].flatMap(({ intervals }) => intervals))
    this.#next ??= this.#parts.world.after(Math.min(LOOK_MS, shortest * 1000), () => {
      this.#next = undefined
      void this.#lookAll().then(() => {
        if (this.#coverage.size > 0) this.#lookLater()
      })
    })
  }

  async #lookAll(): Promise<void> {
    await this.#look(new Set(this.#routers.keys()))
    const now = this.#parts.world.now()
    for (const one of this.#coverage.values()) {
      this.#end(one, (window) => window.isOver(now), now)
    }
  }

  async #look(vpcIds: ReadonlySet<string>): Promise<void> {
    for (const vpcId of vpcIds) {
      const router = this.#routers.get(vpcId)
      if (router !== undefined) await this.#lookAt(vpcId, router)
    }
  }

  async #lookAt(vpcId: string, router: CountedRouter): Promise<void> {
    const { world, thread, names } = this.#parts
    const order = { path: names.routerPath(vpcId), table: ROUTER_TABLE, sets: [...FLOW_SETS.keys()] }
    const elements = await thread.run("countedElements", order).catch((error) => {
      world.log.warn("flows could not be looked at", { vpc: vpcId, error })
      return undefined
    })
    const now = world.now()
    const counted = elements && router.counters.take(elements, now)
    const byLink = new Map([...this.#coverage.values()].map(({ link, id }) => [link, id]))
    for (const flow of counted?.flows ?? []) {
      const windows = this.#windows.get(byLink.get(flow.link) ?? "") ?? []
      for (const window of windows) window.add(flow, router.lookedAt)
    }
    router.lookedAt = now
    if (counted !== undefined && !counted.isIncomplete) return
    for (const one of this.#coverage.values()) {
      if (one.vpcId === vpcId) for (const window of this.#windows.get(one.id) ?? []) window.miss()
    }
  }

  #end({ id, host }: Covered, isOver: (window: FlowWindow) => boolean, now: number): void {
    const windows = this.#windows.get(id) ?? []
    for (const [index, window] of windows.entries()) {
      if (!isOver(window)) continue
      const flows = window.end(now)
      windows[index] = new FlowWindow({ ...window, startedAt: now, isIncomplete: false })
      for (const hear of this.#hearers.get(host) ?? []) hear(flows)
    }
  }
}

interface CountedRouter {
  readonly counters: Counters

  /** What was not there then has begun later. */
  lookedAt: number
}

/** Well before an element that nothing is added to goes away. */
const LOOK_MS = 10_000

function isSame({ host, intervals, vpcId, link }: Covered, other: Covered | undefined): boolean {
  if (other === undefined) return false
  return (
    host === other.host && vpcId === other.vpcId && link === other.link && intervals.join() === other.intervals.join()
  )
}
