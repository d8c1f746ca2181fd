import type { Log } from "../../../world/log.ts"
import type { Forgotten, ScanQuery, StreamSummary } from "./event-store.ts"
import type { SegmentInfo } from "./file-layout.ts"
import { planMerge } from "./file-merge-plan.ts"
import type { Order, Report } from "./file-orders.ts"
import { Cache, Segment } from "./file-reading.ts"
import type { Source } from "./scan.ts"
import { addSummary } from "./tail.ts"

export interface SegmentsOptions {
  readonly directory: string
  readonly log: Log

  /** Tells the thread of the files what to do. */
  readonly order: (order: Order) => void
}

/** The segments that there are, in the order of their logs; kept few, and free of what is forgotten. */
export class Segments {
  readonly #options: SegmentsOptions
  readonly #cache: Cache
  #all: Segment[] = []
  #forgotten: Forgotten | undefined
  #isMerging = false

  constructor(options: SegmentsOptions) {
    this.#options = options
    this.#cache = new Cache(CACHE_BYTES, (sentence) => options.log.error("log events are damaged", { sentence }))
  }

  get isMerging(): boolean {
    return this.#isMerging
  }

  /** Those that have events of a group. They stay readable, whatever becomes of them, until they are let go. */
  hold(group: string): Disposable & Iterable<Segment> {
    const held = this.#all.filter(({ groups }) => groups.has(group))
    for (const segment of held) segment.hold()
    return {
      [Symbol.iterator]: () => held[Symbol.iterator](),
      [Symbol.dispose]() {
        for (const segment of held) segment.letGo()
      },
    }
  }

  async summarize(group: string, summaries: Map<string, StreamSummary>): Promise<void> {
    using held = this.hold(group)
    for (const segment of held) {
      const { streams } = await segment.index(segment.groups.get(group)!)
      for (const stream of streams) addSummary(summaries, stream.id, stream)
    }
  }

  countedBytes(group: string): number {
    return this.#all.reduce((sum, { groups }) => sum + (groups.get(group)?.counted ?? 0), 0)
  }

  *groups(): Generator<string> {
    for (const { groups } of this.#all) yield* groups.keys()
  }

  takeIn(info: SegmentInfo): void {
    this.#all.push(new Segment(this.#options.directory, info, this.#cache))
    this.#all.sort((a, b) => a.info.from - b.info.from)
  }

  forget(forgotten: Forgotten): void {
    this.#forgotten = forgotten
    this.mergeSome()
  }

  /** One merge at a time, and only once it is known what is forgotten. */
  mergeSome(): void {
    if (this.#forgotten === undefined || this.#isMerging) return
    const { horizons, streams } = this.#forgotten
    const infos = this.#all.map(({ info }) => info)
    const { remove, merge } = planMerge(infos, horizons)
    this.#replace(new Set(remove.map(({ name }) => name)), false)
    if (merge.length === 0) return
    this.#isMerging = true
    this.#options.order({ kind: "merge", names: merge.map(({ name }) => name), horizons, streams })
  }

  merged({ names, segment, isDamaged }: Extract<Report, { kind: "merged" }>): void {
    this.#isMerging = false
    this.#replace(new Set(names), isDamaged)
    if (segment !== undefined) this.takeIn(segment)
    this.mergeSome()
  }

  notMerged({ names, reason }: Extract<Report, { kind: "not merged" }>): void {
    this.#isMerging = false
    this.#options.log.error("segments of log events could not be merged", { names, reason })
  }

  close(): void {
    for (const segment of this.#all) segment.replace(() => {})
  }

  #replace(names: ReadonlySet<string>, setAside: boolean): void {
    const replaced = this.#all.filter(({ info }) => names.has(info.name))
    if (replaced.length === 0) return
    this.#all = this.#all.filter(({ info }) => !names.has(info.name))
    for (const segment of replaced) {
      segment.replace(() => this.#options.order({ kind: "remove", names: [segment.info.name], setAside }))
    }
  }
}

/** The blocks of a segment that may hold something of what is asked for. */
export async function sourcesIn(segment: Segment, query: ScanQuery): Promise<Source[]> {
  const { blocks, streams } = await segment.index(segment.groups.get(query.group)!)
  const places = query.streams && new Set(streams.flatMap(({ id }, place) => (query.streams!.has(id) ? [place] : [])))
  return blocks
    .filter((block) => places === undefined || block.streams.some((place) => places.has(place)))
    .map((block) => ({ first: block.first, last: block.last, open: () => segment.block(block) }))
}

const CACHE_BYTES = 48 * 2 ** 20
