import type { Cancel } from "../../../world/world.ts"
import type { ContainerState } from "../../engine/engine.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { afterReboot, compareTask, vanished } from "./compare.ts"
import { EndWaiters } from "./end-waiters.ts"
import { type Exit, exited, hasProcess, started } from "./exit.ts"
import { halt } from "./halt.ts"
import { HealthWatch } from "./health-watch.ts"
import { type Change, Launch } from "./launch.ts"
import { containerOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { patiently } from "./patience.ts"
import { Places } from "./places.ts"
import { type Action, planTask } from "./plan.ts"
import { Failure, reason } from "./reasons.ts"
import { release } from "./release.ts"
import { endedFor, mapContainers, settle, stopped } from "./settle.ts"
import { start } from "./start.ts"

export interface RunOptions {
  readonly parts: Parts
  readonly arn: string
  readonly isAdmitted: () => boolean

  /** After the record was written. */
  readonly changed: (task: TaskRecord) => void

  /** It has given back what it held of the machine. */
  readonly released: () => void
}

interface Engagement {
  readonly kind: Action["kind"]
  readonly abort: AbortController
}

/**
 * One task in this process: every turn looks at the record, asks the plan, and begins what it says. All changes to the
 * record come through `change`, whatever caused them.
 */
export class TaskRun {
  readonly #options: RunOptions
  readonly #closed = new AbortController()
  readonly #places: Places
  readonly #launch: Launch
  readonly #engaged = new Map<string, Engagement>()
  readonly #health: HealthWatch
  readonly #outOfMemory = new Set<string>()

  /** When containers came up that were still being made, for all that this process had done. */
  readonly #late = new Map<string, number>()

  /** Ends of containers that are still being started, as far as we have heard. */
  readonly #early = new Map<string, Exit>()
  readonly #endWaiters: EndWaiters
  #cancelWake: Cancel = () => {}
  #releasing: "no" | "going on" | "done" = "no"
  #isActive = false
  #turning: "no" | "once" | "again" = "no"

  constructor(options: RunOptions) {
    this.#options = options
    this.#places = new Places(options.parts, this.#closed.signal)
    this.#launch = new Launch(options.parts, this.#places)
    this.#endWaiters = new EndWaiters(options.parts.world)
    this.#health = new HealthWatch(options.parts, this.#launch, (name, health) =>
      this.change((task) =>
        mapContainers(task, (container) => (container.name === name ? { ...container, health } : container)),
      ),
    )
  }

  get task(): TaskRecord | undefined {
    return this.#options.parts.state.tasks.get(this.#options.arn)
  }

  get isReleased(): boolean {
    return this.#releasing === "done" || this.task?.isReleased === true
  }

  isStopped(container: string): boolean {
    return this.task !== undefined && containerOf(this.task, container).knownStatus === "STOPPED"
  }

  isEngaged(container: string): boolean {
    return this.#engaged.has(container)
  }

  /** Until then it only takes note and draws no conclusions: the record may be behind what there is. */
  activate(): void {
    this.#isActive = true
    this.change((task) => task)
  }

  stop(): void {
    this.change((task) => endedFor(task, this.#now()))
  }

  /** A start that a process before this one asked for comes about late: it is taken for what it is, or undone. */
  heardStart(name: string, at: number): void {
    const { task } = this
    const container = task && containerOf(task, name)
    if (container === undefined || hasProcess(container)) return
    const { kind, abort } = this.#engaged.get(name) ?? {}
    if (kind === "pull" || kind === "create") {
      this.#late.set(name, at)
      abort?.abort()
      return
    }
    if (kind !== undefined) return
    if (container.knownStatus !== "STOPPED") {
      this.change((now) => started(now, name, at, container.knownStatus === "RUNNING"))
      return
    }
    const { engine, world } = this.#options.parts
    world.log.warn("a container that was stopped has started", { container: container.id })
    const { signal } = this.#closed
    patiently(world, signal, () => engine.signal(container.id, "SIGKILL", true)).catch((error) => {
      if (!signal.aborted) world.log.error("a container could not be killed", { container: container.id, error })
    })
  }

  heardEnd(name: string, exit: Omit<Exit, "outOfMemory">): void {
    const { kind } = this.#engaged.get(name) ?? {}
    if (kind === "start" || kind === "restart" || this.#late.has(name))
      this.#early.set(name, { ...exit, outOfMemory: false })
    else if (this.#isStale(name, exit)) return
    else this.#ended(name, { ...exit, outOfMemory: this.#outOfMemory.has(name) })
  }

  heardOutOfMemory(name: string): void {
    this.#outOfMemory.add(name)
  }

  compare(
    stateOf: (id: string) => ContainerState | undefined,
    isComparable: (container: ContainerRecord) => boolean,
  ): void {
    this.change((task) => compareTask(task, stateOf, isComparable, this.#now()))
  }

  reboot(stateOf: (id: string) => ContainerState | undefined): void {
    this.change((task) => afterReboot(task, stateOf, this.#now()))
  }

  change(update: Change): void {
    const { task } = this
    if (task === undefined || this.#closed.signal.aborted) return
    const updated = update(task)
    const settled = this.#isActive ? settle(updated, new Set(this.#engaged.keys()), this.#now()) : updated
    if (settled !== task) this.#write(settled)
    this.turn()
  }

  turn(): void {
    if (this.#turning !== "no") {
      this.#turning = "again"
      return
    }
    do {
      this.#turning = "once"
      this.#turnOnce()
    } while ((this.#turning as string) === "again")
    this.#turning = "no"
  }

  #turnOnce(): void {
    const { task } = this
    if (task === undefined || !this.#isActive || this.#closed.signal.aborted) return
    this.#cancelWake()
    if (task.desiredStatus === "STOPPED") this.#abortLaunches()
    const circumstances = {
      isAdmitted: this.#options.isAdmitted(),
      engaged: new Set(this.#engaged.keys()),
      checked: this.#health.names,
      isReleased: this.#releasing !== "no" || task.isReleased === true,
    }
    const { actions, wakeAt } = planTask(task, circumstances, this.#now())
    if (wakeAt !== undefined) {
      this.#cancelWake = this.#options.parts.world.after(wakeAt - this.#now(), () => this.change((now) => now))
    }
    for (const action of actions) this.#begin(action)
  }

  close(): void {
    this.#closed.abort(new Error("the task is let go of"))
    this.#cancelWake()
    for (const { abort } of this.#engaged.values()) abort.abort()
    this.#health.close()
    this.#endWaiters.close()
  }

  #begin(action: Action): void {
    const { parts } = this.#options
    switch (action.kind) {
      case "release":
        this.#release()
        break
      case "check":
        this.#health.begin(this.task!, action.container)
        break
      case "pull":
        this.#engage(action, (task, signal) =>
          this.#launch.pull(task, action.container, signal, (change) => this.change(change)),
        )
        break
      case "create":
        this.#engage(action, (task, signal) => this.#launch.create(task, action.container, signal))
        break
      case "start":
      case "restart":
        this.#early.delete(action.container)
        this.#outOfMemory.delete(action.container)
        this.#engage(action, (task) =>
          start(parts, task, action.container, action.kind === "restart", this.#closed.signal),
        )
        break
      case "stop":
        this.#engage(action, async (task) => {
          await halt(parts, this.#launch, this.#ends, task, action.container, this.#closed.signal)
          return (now) => now
        })
    }
  }

  readonly #ends = {
    untilEnded: (name: string, ms: number) => this.#untilEnded(name, ms),
    ended: (name: string, exit: Exit | "vanished") => this.#ended(name, exit),
  }

  #engage(
    { kind, container: name }: Extract<Action, { readonly container: string }>,
    work: (task: TaskRecord, signal: AbortSignal) => Promise<Change>,
  ): void {
    const abort = new AbortController()
    this.#engaged.set(name, { kind, abort })
    const done = (change: Change) => {
      const late = this.#late.get(name)
      this.#late.delete(name)
      this.#engaged.delete(name)
      if (late === undefined) this.change(change)
      else this.heardStart(name, late)
      this.#settleEarlyEnd(name)
    }
    work(this.task!, abort.signal).then(done, (error) => {
      if (abort.signal.aborted || this.#closed.signal.aborted) done((task) => task)
      else done(this.#failed(name, error))
    })
  }

  /** The world's failures are known by name; one of our own must not leave the task hanging either. */
  #failed(name: string, error: unknown): Change {
    const { world } = this.#options.parts
    const known = error instanceof Failure
    if (!known) world.log.error("a container failed", { task: this.#options.arn, container: name, error })
    const words = known ? error.message : reason("CannotStartContainerError", (error as Error).message)
    if (known && error.ends === "task") return (task) => endedFor(task, this.#now(), words)
    return (task) =>
      mapContainers(task, (container) => {
        if (container.name !== name || container.knownStatus === "STOPPED") return container
        const failed = { ...container, reason: container.reason ?? words }
        return hasProcess(container) ? failed : stopped(failed, this.#now())
      })
  }

  #settleEarlyEnd(name: string): void {
    const exit = this.#early.get(name)
    this.#early.delete(name)
    if (exit === undefined || this.#isStale(name, exit)) return
    this.#ended(name, { ...exit, outOfMemory: this.#outOfMemory.has(name) })
  }

  /** Of a run before the present one. */
  #isStale(name: string, { at }: { readonly at: number }): boolean {
    const { startedAt, restartCount } = containerOf(this.task!, name)
    return restartCount > 0 && startedAt !== undefined && at < startedAt
  }

  #ended(name: string, exit: Exit | "vanished"): void {
    this.change((task) => (exit === "vanished" ? vanished(task, name, this.#now()) : exited(task, name, exit)))
  }

  #untilEnded(name: string, ms: number): Promise<boolean> {
    if (!hasProcess(containerOf(this.task!, name))) return Promise.resolve(true)
    return this.#endWaiters.wait(name, ms)
  }

  #release(): void {
    this.#releasing = "going on"
    const { parts, released } = this.#options
    const { signal } = this.#closed
    // What was still being made when the task ended would stay behind.
    const idle = this.#launch.idle()
    idle
      .then(() => release(parts, this.task!, signal))
      .then(
        () => {
          this.#releasing = "done"
          this.change((task) => ({ ...task, isReleased: true }))
          released()
        },
        (error) => {
          if (!this.#closed.signal.aborted) parts.world.log.error("a task was not released", { error })
        },
      )
  }

  #abortLaunches(): void {
    for (const { kind, abort } of this.#engaged.values()) if (kind === "pull" || kind === "create") abort.abort()
  }

  #write(task: TaskRecord): void {
    const { state, world } = this.#options.parts
    const before = this.task
    state.putTask(task)
    for (const { name, knownStatus } of task.containers) {
      if (before !== undefined && containerOf(before, name).knownStatus === knownStatus) continue
      world.log.debug("a container is further", { task: task.arn, container: name, status: knownStatus })
    }
    for (const container of task.containers) {
      if (hasProcess(container)) continue
      this.#health.end(container.name)
      this.#endWaiters.tell(container.name)
    }
    this.#options.changed(task)
  }

  #now(): number {
    return this.#options.parts.world.now()
  }
}
