import { Worker } from "node:worker_threads"
import { assert } from "../../../base/assert.ts"
import type { Cancel, World } from "../../../world/world.ts"
import { type Batch, encodeBatch } from "./batch.ts"
import {
  type EventStore,
  type Forgotten,
  type NewBatch,
  type ScanQuery,
  type StoredEvent,
  StoreUnavailable,
  type StreamSummary,
} from "./event-store.ts"
import { AppendQueue, type Waiting } from "./file-append-queue.ts"
import type { SegmentInfo } from "./file-layout.ts"
import type { Order, Report, Settings } from "./file-orders.ts"
import { Segments, sourcesIn } from "./file-segments.ts"
import { type Source, scanSources } from "./scan.ts"
import { addSummary, Tail } from "./tail.ts"
import { Watchers } from "./watchers.ts"

export interface FileEventStoreOptions {
  readonly world: Pick<World, "after" | "log" | "monotonic" | "now">

  /** Made when it does not exist; for one process at a time. */
  readonly directory: string

  /** Bytes of a log before it becomes a segment. */
  readonly logBytes?: number

  /** Bytes that a log may have: for tests of a full disk. */
  readonly logBytesMax?: number
}

/** Events in a directory of their own. All that writes there is done by a thread of its own. */
export class FileEventStore implements EventStore {
  readonly #world: FileEventStoreOptions["world"]
  readonly #directory: string
  readonly #logBytes: number
  readonly #logBytesMax: number | undefined
  readonly #watchers = new Watchers()
  readonly #segments: Segments

  /** What is not in a segment yet, oldest log first; the last one is being appended to. */
  #logs: OpenLog[] = []
  readonly #queue = new AppendQueue()
  readonly #opening = Promise.withResolvers<void>()
  readonly #closing = Promise.withResolvers<void>()
  #thread: Worker | undefined
  #appending: readonly Waiting[] | undefined
  #sequence = 0
  #scheduled = false
  #stuck: string | undefined
  #failure: StoreUnavailable | undefined

  constructor({ world, directory, logBytes = LOG_BYTES, logBytesMax }: FileEventStoreOptions) {
    this.#world = world
    this.#directory = directory
    this.#logBytes = logBytes
    this.#logBytesMax = logBytesMax
    this.#segments = new Segments({ directory, log: world.log, order: (order) => this.#order(order) })
  }

  /** Takes up what is in the directory. Before this, and after the thread is lost, nothing is read or appended. */
  open(): Promise<void> {
    assert(this.#thread === undefined, "a store of events is opened once")
    const settings: Settings = { directory: this.#directory, logBytesMax: this.#logBytesMax }
    this.#thread = new Worker(new URL("./file-worker.ts", import.meta.url), {
      name: "log events",
      workerData: settings,
    })
    this.#thread.on("message", (report: Report) => this.#receive(report))
    this.#thread.on("error", (error) => {
      this.#world.log.error("the thread of the log events failed", { error: String(error) })
      this.#fail(String(error))
    })
    this.#thread.on("exit", () => this.#fail("its thread has ended"))
    return this.#opening.promise
  }

  async close(): Promise<void> {
    if (this.#thread === undefined) return
    this.#failure ??= new StoreUnavailable("The store of log events is closed.")
    this.#order({ kind: "close" })
    await this.#closing.promise
    await this.abandon()
  }

  /** Ends the thread in the middle of whatever it does, as a crash would. */
  async abandon(): Promise<void> {
    this.#fail("it was abandoned")
    await this.#thread?.terminate()
    this.#segments.close()
  }

  append(batch: NewBatch): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#stuck !== undefined && this.#unsealedBytes >= UNSEALED_BYTES_MAX) {
      return Promise.reject(unavailable(this.#stuck))
    }
    if (this.#queue.isFull) {
      return Promise.reject(new StoreUnavailable("More log events arrive than can be stored."))
    }
    const appended = this.#queue.add(encodeBatch(batch, ++this.#sequence))
    this.#schedule()
    return appended
  }

  async *scan(query: ScanQuery): AsyncGenerator<readonly StoredEvent[], void, void> {
    const sources: Source[] = this.#logs.flatMap(({ tail }) =>
      tail.batches(query.group).map((batch) => ({ first: batch.first, last: batch.last, open: () => [batch] })),
    )
    using held = this.#segments.hold(query.group)
    for (const segment of held) sources.push(...(await sourcesIn(segment, query)))
    yield* scanSources(sources, query)
  }

  async summaries(group: string): Promise<ReadonlyMap<string, StreamSummary>> {
    const summaries = new Map<string, StreamSummary>()
    for (const { tail } of this.#logs) {
      for (const batch of tail.batches(group)) addSummary(summaries, batch.stream, batch)
    }
    await this.#segments.summarize(group, summaries)
    return summaries
  }

  storedBytes(group: string): number {
    const inLogs = this.#logs.reduce((sum, { tail }) => sum + tail.countedBytes(group), 0)
    return inLogs + this.#segments.countedBytes(group)
  }

  groups(): ReadonlySet<string> {
    const groups = new Set(this.#segments.groups())
    for (const { tail } of this.#logs) for (const group of tail.groups) groups.add(group)
    return groups
  }

  watch(group: string, hear: (batch: Batch) => void): Cancel {
    return this.#watchers.add(group, hear)
  }

  async forget(forgotten: Forgotten): Promise<void> {
    if (this.#failure !== undefined) return
    const log = this.#logs.at(-1)
    const isOld = log !== undefined && this.#world.monotonic() - log.begunAt >= LOG_MS_MAX
    const hasDead = log !== undefined && [...log.tail.groups].some((id) => forgotten.horizons.get(id) === Infinity)
    // What is gone is not to stay in a log for as long as it takes to fill it.
    if ((isOld || hasDead) && this.#appending === undefined) this.#endLog()
    this.#segments.forget(forgotten)
  }

  /** Begins a segment with what is in the log now. */
  async seal(): Promise<void> {
    if (this.#logs.at(-1)!.bytes > 0) this.#endLog()
  }

  /** Whether logs are on their way into segments, or segments into one another. */
  get isBusy(): boolean {
    return this.#segments.isMerging || this.#logs.length > 1
  }

  get #unsealedBytes(): number {
    return this.#logs.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #receive(report: Report): void {
    const { log } = this.#world
    switch (report.kind) {
      case "opened":
        this.#opened(report.segments, report.nextLog)
        break
      case "appended":
        this.#appended()
        break
      case "refused":
        this.#refused(report.reason)
        break
      case "sealed":
        this.#sealed(report)
        break
      case "stuck":
        this.#stuck = report.reason
        log.error("log events could not be put into a segment", { reason: report.reason })
        if (this.#unsealedBytes >= UNSEALED_BYTES_MAX) this.#queue.rejectAll(unavailable(report.reason))
        break
      case "merged":
        this.#segments.merged(report)
        break
      case "not merged":
        this.#segments.notMerged(report)
        break
      case "remark":
        log.warn("log events", { sentence: report.sentence })
        break
      case "closed":
        this.#closing.resolve()
        break
      case "failed":
        this.#fail(report.reason)
    }
  }

  #opened(segments: readonly SegmentInfo[], nextLog: number): void {
    for (const segment of segments) this.#segments.takeIn(segment)
    const highest = Math.max(0, ...segments.map(({ directory }) => directory.sequence))
    // Numbers of events that are forgotten are not used again either.
    this.#sequence = Math.max(highest, this.#world.now() * SEQUENCES_PER_MS)
    this.#logs.push(this.#newLog(nextLog))
    this.#opening.resolve()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // What else arrives in this turn shares the write, and what arrives during the write shares the next.
    this.#world.after(0, () => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#appending !== undefined || this.#queue.isEmpty || this.#failure !== undefined) return
    if (this.#logs.length === 0 || this.#unsealedBytes >= UNSEALED_BYTES_MAX) return
    const { taken, bytes } = this.#queue.take()
    this.#appending = taken
    this.#order({ kind: "append", log: this.#logs.at(-1)!.number, bytes }, [bytes.buffer])
  }

  #appended(): void {
    const log = this.#logs.at(-1)!
    const appended = this.#appending!
    this.#appending = undefined
    for (const { batch, resolve } of appended) {
      log.tail.add(batch)
      log.bytes += batch.bytes.length + BATCH_OVERHEAD_BYTES
      resolve()
    }
    if (log.bytes >= this.#logBytes) this.#endLog()
    this.#flush()
    for (const { batch } of appended) this.#watchers.tell(batch)
  }

  #refused(reason: string): void {
    this.#world.log.error("log events could not be written", { reason })
    const refused = this.#appending!
    this.#appending = undefined
    for (const { reject } of refused) reject(unavailable(reason))
    this.#endLog()
    this.#flush()
  }

  /** From here on the log's events are read from its segment. */
  #sealed({ log: number, segment }: Extract<Report, { kind: "sealed" }>): void {
    this.#stuck = undefined
    this.#logs = this.#logs.filter((log) => log.number !== number)
    if (segment !== undefined) this.#segments.takeIn(segment)
    this.#schedule()
    this.#segments.mergeSome()
  }

  /** What is appended from now on goes into another log. */
  #endLog(): void {
    const log = this.#logs.at(-1)!
    this.#order({ kind: "seal" })
    // A log that nothing was written to may not even have a file.
    if (log.bytes === 0) this.#logs.pop()
    this.#logs.push(this.#newLog(log.number + 1))
  }

  #newLog(number: number): OpenLog {
    return { number, tail: new Tail(), begunAt: this.#world.monotonic(), bytes: 0 }
  }

  #fail(reason: string): void {
    this.#failure ??= unavailable(reason)
    const failure = this.#failure
    for (const { reject } of this.#appending ?? []) reject(failure)
    this.#appending = undefined
    this.#queue.rejectAll(failure)
    this.#opening.reject(failure)
    this.#opening.promise.catch(() => {})
    this.#closing.resolve()
  }

  #order(order: Order, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread!.postMessage(order, [...transfer])
  }
}

/** A log that has not become a segment yet, with all that is in it. */
interface OpenLog {
  readonly number: number
  readonly tail: Tail
  readonly begunAt: number
  bytes: number
}

function unavailable(reason: string): StoreUnavailable {
  return new StoreUnavailable(`Log events cannot be stored: ${reason}`)
}

/** So much is in memory twice at most: until its segment is written. */
const LOG_BYTES = 16 * 2 ** 20
const LOG_MS_MAX = 60 * 60 * 1000

/** What a batch costs in memory beside its bytes. */
const BATCH_OVERHEAD_BYTES = 200
const UNSEALED_BYTES_MAX = 96 * 2 ** 20
const SEQUENCES_PER_MS = 1024
