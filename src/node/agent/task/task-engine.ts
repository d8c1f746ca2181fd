import type { Credentials, NetworkInterface, TaskPayload } from "../../../wire/task.ts"
import type { Cancel } from "../../../world/world.ts"
import type { ContainerState, EngineEvent } from "../../engine/engine.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import type { Tasks } from "../tasks.ts"
import { CleanUp } from "./clean-up.ts"
import { CredentialStore } from "./credential-store.ts"
import { Gate } from "./gate.ts"
import { HostAccounts } from "./host-resources.ts"
import { ImageSource } from "./image-source.ts"
import { newStoppedTask, newTask } from "./new-task.ts"
import { SETTINGS, type TaskEngineOptions } from "./options.ts"
import type { Parts } from "./parts.ts"
import { patiently } from "./patience.ts"
import { Rounds } from "./rounds.ts"
import { TaskRun } from "./run.ts"

/**
 * Runs the tasks of one instance. What is wanted and known stands in the records; a run per task does the work, and this
 * is where tasks meet: who has a place on the machine, who is told what the engine says, who is cleaned up.
 */
export class TaskEngine implements Tasks {
  readonly #parts: Parts
  readonly #accounts: HostAccounts
  readonly #runs = new Map<string, TaskRun>()

  /** The task and name of each container, by its id. */
  readonly #containers = new Map<string, { readonly arn: string; readonly name: string }>()
  readonly #listeners = new Set<(task: TaskRecord) => void>()
  readonly #closed = new AbortController()
  readonly #rounds: Rounds
  readonly #cleanUp: CleanUp
  #unwatch: Cancel = () => {}

  /** Read before anybody writes the present one over it. */
  readonly #isRebooted: boolean
  #isReady = false

  constructor(options: TaskEngineOptions) {
    const { world, engine, state } = options
    const chosen = { ...SETTINGS, ...options.settings }
    // Who prefers what is on the machine wants it to stay there.
    const isCleaned = chosen.images.isCleaned && chosen.pullBehavior !== "prefer-cached"
    const settings = { ...chosen, images: { ...chosen.images, isCleaned } }
    const pulls = new Gate(settings.pullsMax)
    this.#parts = {
      ...options,
      settings,
      credentials: new CredentialStore(world),
      imageSource: new ImageSource({ world, images: engine.images, state, behavior: settings.pullBehavior, pulls }),
      launches: new Gate(settings.launchesMax),
    }
    this.#rounds = new Rounds(world)
    this.#cleanUp = new CleanUp({
      parts: this.#parts,
      rounds: this.#rounds,
      signal: this.#closed.signal,
      isReleased: (arn) => this.#runs.get(arn)?.isReleased === true,
      removed: (task) => this.#forget(task),
    })
    this.#accounts = new HostAccounts(options.resources, settings.dynamicPorts, options.isPortFree ?? (() => true))
    this.#isRebooted = state.identity !== undefined && state.identity.bootId !== options.bootId
  }

  accept(payload: TaskPayload): void {
    const { state, world, credentials } = this.#parts
    const isKnown = state.tasks.has(payload.arn)
    if (!isKnown && payload.desiredStatus === "STOPPED") {
      this.#add(newStoppedTask(payload, world.now()))
      return
    }
    const task = isKnown ? undefined : newTask(payload, world.now(), world.random)
    credentials.putOf(payload)
    if (task !== undefined) this.#add(task)
    else if (payload.desiredStatus === "STOPPED") this.stop(payload.arn)
  }

  stop(arn: string): void {
    this.#runs.get(arn)?.stop()
    this.#admit()
  }

  async attach(taskArn: string, interfaces: readonly NetworkInterface[], waitMs: number): Promise<void> {
    const { fabric } = this.#parts
    if (fabric === undefined) throw new Error("this node has no network for awsvpc tasks")
    await fabric.attach(taskArn, interfaces, waitMs)
  }

  refreshCredentials(taskArn: string, credentials: Credentials): boolean {
    const task = this.#parts.state.tasks.get(taskArn)
    const { credentialsId } = credentials
    if (task?.taskCredentialsId !== credentialsId && task?.executionCredentialsId !== credentialsId) return false
    this.#parts.credentials.put(credentials)
    return true
  }

  /** Of a task's execution role, waited for where the region has yet to send them again. */
  executionCredentials(task: TaskRecord): Promise<Credentials | undefined> {
    return this.#parts.credentials.await(task.executionCredentialsId)
  }

  credentials(id: string): Credentials | undefined {
    return this.#parts.credentials.get(id)
  }

  watch(listener: (task: TaskRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Nothing moves before this; what the engine says meanwhile is taken down. */
  async recover(): Promise<void> {
    try {
      await this.#recover()
    } catch (error) {
      // Who closes it while it looks around wants no more of it.
      if (!this.#closed.signal.aborted) throw error
    }
  }

  async #recover(): Promise<void> {
    const { state, engine, world, instance } = this.#parts
    this.#unwatch = engine.watch((event) => this.#heard(event))
    for (const task of state.tasks.values()) this.#newRun(task)
    const states = await patiently(world, this.#closed.signal, () => engine.list(instance))
    const byId = new Map(states.map((found) => [found.id, found]))
    for (const run of this.#runs.values()) {
      if (this.#isRebooted) run.reboot((id) => byId.get(id))
      else
        run.compare(
          (id) => byId.get(id),
          () => true,
        )
    }

    await this.#removeStrangers(states)
    await Promise.all([...state.tasks.values()].map((task) => this.#reattach(task)))
    for (const task of [...state.tasks.values()].sort((a, b) => a.receivedAt - b.receivedAt)) {
      if (hasBegun(task)) this.#accounts.restore(task)
      else this.#accounts.enqueue(task.arn)
    }
    this.#isReady = true
    this.#admit()
    for (const run of this.#runs.values()) {
      noticeStrays(run, byId)
      run.activate()
    }
    this.#rounds.every(COMPARE_MS, () => this.#compare())
    this.#cleanUp.start()
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error("the task engine is closed"))
    this.#unwatch()
    this.#rounds.close()
    for (const run of this.#runs.values()) run.close()
  }

  #add(task: TaskRecord): void {
    const { state } = this.#parts
    let accepted = task
    if (this.#isReady && task.desiredStatus === "RUNNING") {
      this.#accounts.enqueue(task.arn)
      // One write for a task that has room at once: with its ports, before anything is made.
      for (const admitted of this.#accounts.admit((arn) => (arn === task.arn ? task : state.tasks.get(arn)))) {
        if (admitted.arn === task.arn) accepted = admitted
        else this.#runs.get(admitted.arn)?.change(() => admitted)
      }
    }
    try {
      state.putTask(accepted)
    } catch (error) {
      // It comes again, and is then let in anew.
      this.#accounts.free(task.arn)
      this.#admit()
      throw error
    }
    this.#parts.world.log.debug("a task has come", { task: accepted.arn })
    const run = this.#newRun(accepted)
    this.#tell(accepted)
    if (this.#isReady) run.activate()
  }

  #forget(task: TaskRecord): void {
    const { state, credentials } = this.#parts
    this.#runs.get(task.arn)?.close()
    this.#runs.delete(task.arn)
    for (const { id } of task.containers) this.#containers.delete(id)
    credentials.forget(task)
    state.removeTask(task.arn)
  }

  #newRun(task: TaskRecord): TaskRun {
    const { arn } = task
    const known = this.#runs.get(arn)
    if (known !== undefined) return known
    const run = new TaskRun({
      parts: this.#parts,
      arn,
      isAdmitted: () => this.#accounts.isAdmitted(arn),
      changed: (changed) => this.#tell(changed),
      released: () => {
        this.#accounts.free(arn)
        this.#admit()
      },
    })
    this.#runs.set(arn, run)
    for (const { id, name } of task.containers) this.#containers.set(id, { arn, name })
    return run
  }

  #tell(task: TaskRecord): void {
    for (const listener of [...this.#listeners]) listener(task)
  }

  #admit(): void {
    if (!this.#isReady) return
    for (const admitted of this.#accounts.admit((arn) => this.#parts.state.tasks.get(arn))) {
      this.#runs.get(admitted.arn)?.change(() => admitted)
    }
  }

  #heard(event: EngineEvent): void {
    if (event.kind === "resync") {
      if (this.#isReady) this.#rounds.later(0, () => this.#compare())
      return
    }
    const { arn, name } = this.#containers.get(event.id) ?? {}
    const run = arn === undefined ? undefined : this.#runs.get(arn)
    if (run === undefined || name === undefined) return
    if (event.kind === "stopped") run.heardEnd(name, event)
    else if (event.kind === "out of memory") run.heardOutOfMemory(name)
    else run.heardStart(name, event.at)
  }

  /** Looks at what nothing was being done with, before and after: only of that the list is sure to be true. */
  async #compare(): Promise<void> {
    const { engine, world, instance } = this.#parts
    const before = new Set<ContainerRecord>()
    let isWhole = true
    for (const run of this.#runs.values()) {
      for (const container of run.task?.containers ?? []) {
        if (run.isEngaged(container.name)) isWhole = false
        else before.add(container)
      }
    }
    const states = await patiently(world, this.#closed.signal, () => engine.list(instance))
    const byId = new Map(states.map((found) => [found.id, found]))
    for (const run of this.#runs.values()) {
      run.compare(
        (id) => byId.get(id),
        (container) => before.has(container) && !run.isEngaged(container.name),
      )
      noticeStrays(run, byId)
    }
    if (!isWhole) this.#rounds.later(COMPARE_AGAIN_MS, () => this.#compare())
  }

  /** What was made for a task that nobody knows any more. */
  async #removeStrangers(states: readonly { readonly id: string; readonly taskId: string }[]): Promise<void> {
    const { engine, world, instance, state } = this.#parts
    const known = new Set([...state.tasks.values()].map(({ id }) => id))
    const { signal } = this.#closed
    for (const { id, taskId } of states) {
      if (this.#containers.has(id)) continue
      world.log.warn("a container of no task is removed", { container: id, task: taskId })
      await patiently(world, signal, () => engine.remove(id))
      if (!known.has(taskId)) await patiently(world, signal, () => engine.removeTask(instance, taskId))
    }
  }

  /** Endpoints and log followers end with the process, while containers run on. */
  async #reattach(task: TaskRecord): Promise<void> {
    const { endpoints, logs, world } = this.#parts
    for (const container of task.containers) {
      if (container.startedAt === undefined) continue
      logs?.follow(task, container)
      if (container.knownStatus === "STOPPED") continue
      await endpoints?.open(task, container).catch((error) => {
        world.log.error("a container is without its endpoints", { container: container.id, error })
      })
    }
  }
}

/** Containers that run although their record says that they have ended. */
function noticeStrays(run: TaskRun, states: ReadonlyMap<string, ContainerState>): void {
  for (const { name, id } of run.task?.containers ?? []) {
    const { status, startedAt = 0 } = states.get(id) ?? {}
    if (status === "running" && run.isStopped(name)) run.heardStart(name, startedAt)
  }
}

/** It was let in before the process ended, or has left something behind. */
function hasBegun({ containers, knownStatus, isReleased }: TaskRecord): boolean {
  if (knownStatus === "STOPPED") return isReleased !== true
  return containers.some(({ bindings, knownStatus: known }) => bindings.length > 0 || known !== "NONE")
}

const COMPARE_MS = 5 * 60_000
const COMPARE_AGAIN_MS = 5_000
