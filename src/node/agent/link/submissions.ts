import { type Cancel, sleep, type World } from "../../../world/world.ts"
import { type Region, RegionError } from "../../region.ts"
import type { AgentState, TaskRecord } from "../records.ts"
import { Backoff } from "./backoff.ts"
import { hasUntoldEnd, nextSubmission, type Submission, withSent } from "./submission.ts"

export interface SubmissionsOptions {
  readonly world: World
  readonly region: Pick<Region, "call">
  readonly state: Pick<AgentState, "tasks" | "putTask">
  readonly cluster: string
}

/**
 * Tells the region what becomes of tasks: of each one thing after the other, each until it is taken or refused for good.
 * What is next is worked out from the task's record when it is its turn, so that nothing is lost with this process.
 */
export class Submissions {
  readonly #options: SubmissionsOptions
  readonly #lines = new Map<string, Line>()
  readonly #waiting: (() => void)[] = []
  readonly #gathering = new Set<string>()
  readonly #stopping = new AbortController()
  #underWay = 0
  #cancelTicker: Cancel = () => {}
  #hurry = new AbortController()

  constructor(options: SubmissionsOptions) {
    this.#options = options
  }

  /** How many tasks there are of which something has not been taken yet. */
  get waiting(): number {
    return this.#lines.size
  }

  /** Tells first what was left to tell before this process. */
  start(): void {
    for (const task of this.#options.state.tasks.values()) this.changed(task)
    this.#tick()
  }

  stop(): void {
    this.#cancelTicker()
    this.#stopping.abort()
    this.#hurry.abort()
  }

  changed(task: TaskRecord): void {
    this.#work(task.arn)
    if (hasUntoldEnd(task)) this.#gather(task.arn)
  }

  /**
   * Tells something that no record says, while it is of use: up to a monotonic time. Gone with this process, so the region
   * is the one to remember what it waits for.
   */
  tell(submission: Submission, until = Number.POSITIVE_INFINITY): void {
    this.#line(submission.task).extra.push({ submission, until })
    this.#work(submission.task)
  }

  /** The region is there again: who pauses tries at once. */
  hurry(): void {
    this.#hurry.abort()
    this.#hurry = new AbortController()
  }

  #line(task: string): Line {
    const line = this.#lines.get(task) ?? { extra: [], leftovers: false, isWorking: false }
    this.#lines.set(task, line)
    return line
  }

  /** That a container of a task which goes on has ended is told soon, together with what happens right after it. */
  #gather(task: string): void {
    if (this.#gathering.has(task)) return
    this.#gathering.add(task)
    this.#options.world.after(GATHER_MS, () => {
      this.#gathering.delete(task)
      this.#tellLeftovers(task)
    })
  }

  #tellLeftovers(task: string): void {
    const { state, cluster } = this.#options
    const record = state.tasks.get(task)
    if (record === undefined || nextSubmission(record, cluster, true) === undefined) return
    this.#line(task).leftovers = true
    this.#work(task)
  }

  /** Now and then tells what happened to single containers of tasks that go on. */
  #tick(): void {
    const { world, state } = this.#options
    this.#cancelTicker = world.after(TICK_MS_MIN + world.random.below(TICK_MS_SPREAD), () => {
      for (const arn of state.tasks.keys()) this.#tellLeftovers(arn)
      this.#tick()
    })
  }

  #work(task: string): void {
    const line = this.#line(task)
    if (line.isWorking || this.#stopping.signal.aborted) return
    line.isWorking = true
    this.#tellAll(task, line).catch((error: unknown) => {
      line.isWorking = false
      if (this.#stopping.signal.aborted) return
      this.#options.world.log.error("a task's state could not be told", { task, error: String(error) })
    })
  }

  async #tellAll(task: string, line: Line): Promise<void> {
    const { world } = this.#options
    const backoff = new Backoff(world.random, BACKOFF)
    for (;;) {
      while (this.#underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      const next = this.#next(task, line)
      if (next === undefined) break
      const outcome = await this.#submit(next)
      this.#stopping.signal.throwIfAborted()

      if (outcome === "later") {
        await sleep(world, backoff.next(), this.#hurry.signal).catch(() => {})
        this.#stopping.signal.throwIfAborted()
        continue
      }
      backoff.reset()
      if (line.extra[0]?.submission === next) line.extra.shift()
      this.#markSent(next)
    }
    // Nothing was awaited since there was nothing more to tell.
    this.#lines.delete(task)
    this.#waiting.shift()?.()
  }

  #next(task: string, line: Line): Submission | undefined {
    const { world, state, cluster } = this.#options
    while (line.extra.length > 0 && line.extra[0]!.until < world.monotonic()) line.extra.shift()
    const [first] = line.extra
    if (first !== undefined) return first.submission
    const record = state.tasks.get(task)
    const next = record && nextSubmission(record, cluster, line.leftovers)
    if (next === undefined) line.leftovers = false
    return next
  }

  async #submit(submission: Submission): Promise<"taken" | "refused" | "later"> {
    const { world, region } = this.#options
    const { task, status } = submission
    this.#underWay += 1
    try {
      await region.call("ecs", "SubmitTaskStateChange", submission)
      return "taken"
    } catch (error) {
      if (!(error instanceof RegionError)) throw error
      const { code, message } = error
      const isRefused = code === "InvalidParameterException"
      const sentence = isRefused ? "the region refuses a task's state" : "a task's state cannot be told yet"
      world.log[isRefused ? "warn" : "debug"](sentence, { task, status, error: code, message })
      return isRefused ? "refused" : "later"
    } finally {
      this.#underWay -= 1
      this.#waiting.shift()?.()
    }
  }

  /** What was refused for good counts as sent: sent again it would be refused again, and hold up what follows. */
  #markSent(submission: Submission): void {
    const { state } = this.#options
    const record = state.tasks.get(submission.task)
    if (record !== undefined) state.putTask({ ...record, sent: withSent(record.sent, submission) })
  }
}

interface Line {
  readonly extra: { readonly submission: Submission; readonly until: number }[]
  leftovers: boolean
  isWorking: boolean
}

const UNDER_WAY_MAX = 10
const GATHER_MS = 500
const TICK_MS_MIN = 10_000
const TICK_MS_SPREAD = 20_000
const BACKOFF = { ms: 50, msMax: 30_000, factor: 2, jitter: 0.2 }
