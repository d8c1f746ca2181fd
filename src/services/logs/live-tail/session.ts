import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import type { FlowCall } from "../../../aws/operations.ts"
import type { Cancel } from "../../../world/world.ts"
import { fault } from "../fault.ts"
import { type Batch, eventsOf } from "../segments/batch.ts"
import type { LogGroup } from "../tables.ts"
import { Turn } from "../turn.ts"

export interface LiveTailOptions {
  readonly call: FlowCall
  readonly groups: readonly { readonly group: LogGroup; readonly arn: string }[]
  readonly matches: (message: string) => boolean

  /** The name of a stream; undefined for one that is not wanted. */
  readonly nameOf: (stream: string) => Promise<string | undefined>
  readonly watch: (group: LogGroup, hear: (batch: Batch) => void) => Cancel

  /** Called once, however the session ends. */
  readonly ended: () => void
  readonly start: sdk.LiveTailSessionStart
}

type Event = sdk.StartLiveTailResponseStream

/**
 * What one caller sees of its groups while it looks: the start, and each second what came in it. Of more than it can be
 * shown it gets a fair sample, so that a session costs the same however much is logged.
 */
export class LiveTailSession implements AsyncIterable<Event>, AsyncIterator<Event, undefined> {
  readonly #options: LiveTailOptions
  readonly #cancels: Cancel[] = []
  readonly #names = new Map<string, Promise<string | undefined>>()
  #shown: sdk.LiveTailSessionLogEvent[] = []
  #matched = 0
  #batches: { readonly arn: string; readonly batch: Batch }[] = []
  #heard = 0
  #isSampled = false
  #begun = false
  #endsAt = 0
  #wake: (() => void) | undefined
  #isOver = false

  constructor(options: LiveTailOptions) {
    this.#options = options
    const { call, groups, watch } = options
    this.#endsAt = call.world.monotonic() + SESSION_MS_MAX
    for (const { group, arn } of groups) this.#cancels.push(watch(group, (batch) => this.#hear(arn, batch)))
    const end = () => this.#end()
    call.signal.addEventListener("abort", end, { once: true })
    this.#cancels.push(() => call.signal.removeEventListener("abort", end))
    if (call.signal.aborted) this.#end()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    if (this.#isOver) return OVER
    if (!this.#begun) {
      this.#begun = true
      return { done: false, value: { sessionStart: this.#options.start } }
    }
    await this.#second()
    if (this.#isOver) return OVER
    if (this.#options.call.world.monotonic() >= this.#endsAt) {
      this.#end()
      throw fault("SessionTimeoutException", "The Live Tail session has reached its time limit of three hours.")
    }
    return { done: false, value: { sessionUpdate: await this.#update() } }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.#end()
    return OVER
  }

  #hear(arn: string, batch: Batch): void {
    // Nobody may be reading; what a session holds has a bound all the same.
    if (this.#heard + batch.count > HEARD_EVENTS_MAX && this.#batches.length > 0) {
      this.#isSampled = true
      return
    }
    this.#heard += batch.count
    this.#batches.push({ arn, batch })
  }

  #second(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.call.world.after(UPDATE_MS, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  async #update(): Promise<sdk.LiveTailSessionUpdate> {
    const batches = this.#batches
    this.#batches = []
    this.#heard = 0
    const turn = new Turn(this.#options.call.world)
    for (const { arn, batch } of batches) {
      const name = await this.#nameOf(batch.stream)
      if (name === undefined) continue
      for (const { message, time, ingestedAt } of eventsOf(batch)) {
        if (turn.isOver) await turn.next()
        if (!this.#options.matches(message)) continue
        const event = {
          logStreamName: name,
          logGroupIdentifier: arn,
          message,
          timestamp: time,
          ingestionTime: ingestedAt,
        }
        this.#show(event)
      }
    }
    const sessionResults = this.#shown.sort((a, b) => a.timestamp! - b.timestamp!)
    const sampled = this.#isSampled || this.#matched > SHOWN_MAX
    this.#shown = []
    this.#matched = 0
    this.#isSampled = false
    return { sessionMetadata: { sampled }, sessionResults }
  }

  /** Each event has the same chance to be among those that are shown. */
  #show(event: sdk.LiveTailSessionLogEvent): void {
    this.#matched += 1
    if (this.#shown.length < SHOWN_MAX) {
      this.#shown.push(event)
      return
    }
    const place = this.#options.call.random.below(this.#matched)
    if (place < SHOWN_MAX) this.#shown[place] = event
  }

  #nameOf(stream: string): Promise<string | undefined> {
    let name = this.#names.get(stream)
    if (name === undefined) {
      name = this.#options.nameOf(stream)
      this.#names.set(stream, name)
    }
    return name
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const cancel of this.#cancels) cancel()
    this.#batches = []
    this.#wake?.()
    this.#options.ended()
  }
}

const OVER = { done: true, value: undefined } as const
const UPDATE_MS = 1_000

/** In one update. */
const SHOWN_MAX = 500
const HEARD_EVENTS_MAX = 50_000
const SESSION_MS_MAX = 3 * 60 * 60 * 1000
