import { closeSync, mkdirSync, openSync } from "node:fs"
import { sleep, type World } from "../../../../world/world.ts"
import type { Host } from "../../../linux/host.ts"
import type { EngineEvent } from "../../engine.ts"
import { EngineError } from "../../engine-error.ts"
import { ByTask } from "../by-task.ts"
import type { ContainerdClient } from "../client.ts"
import { makeFifo } from "../fifo.ts"
import { unlessGone } from "../grpc-error.ts"
import { type Facts, readLabels } from "../labels.ts"
import type { LastingCalls } from "../lasting/lasting-line.ts"
import type { Places } from "../places.ts"
import { processIdentity } from "../process-identity.ts"
import { milliseconds } from "../proto.ts"
import type { ContainerdMount, Process } from "../services.ts"
import { outputs, removeShimSocket } from "../shim-files.ts"
import type { TaskParts } from "../tasks.ts"
import { Turns } from "../turns.ts"
import { Container } from "./container.ts"
import { deleteProcess } from "./delete-process.ts"
import type { Happening } from "./happenings.ts"
import { endShim, type Shim, shimsOf } from "./left-shims.ts"
import { UNBORN } from "./life.ts"
import { makeProcess } from "./make-process.ts"

export interface ContainersOptions {
  readonly world: World
  readonly client: ContainerdClient
  readonly lasting: LastingCalls
  readonly address: string
  readonly namespace: string
  readonly snapshotter: string
  readonly places: Places
  readonly host: Host
  readonly tasks: TaskParts
  readonly emit: (event: EngineEvent) => void
}

/**
 * All containers of ours, and what becomes of each. containerd holds a process only as long as it runs: its end is
 * written down here and the process is deleted at once, with the shim that would otherwise stay.
 */
export class Containers {
  readonly turns = new Turns()
  readonly #options: ContainersOptions
  readonly #known = new Map<string, Container>()
  readonly #byTask = new ByTask<Container>()

  constructor(options: ContainersOptions) {
    this.#options = options
  }

  find(id: string): Container | undefined {
    return this.#known.get(id)
  }

  get(id: string): Container {
    const container = this.#known.get(id)
    if (container === undefined) throw new EngineError("gone", `No such container: ${id}`)
    return container
  }

  all(): readonly Container[] {
    return [...this.#known.values()]
  }

  ofTask(instance: string, taskId: string): readonly Container[] {
    return this.#byTask.of(instance, taskId)
  }

  /** Takes one that was made into the list. */
  add(facts: Facts, rootfs?: readonly ContainerdMount[]): void {
    const { host, places, tasks } = this.#options
    const cgroupPath = `${tasks.cgroupPath(facts.instance, facts.taskId)}/${facts.id}`
    const container = new Container(host, facts, places.container(facts.id), cgroupPath)
    container.rootfs = rootfs
    this.#known.set(facts.id, container)
    this.#byTask.add(facts, container)
  }

  /** Learns what there is, after a start of this process. */
  async load(): Promise<void> {
    for await (const { container } of this.#options.client.containers.listStream({ filters: [] })) {
      const facts = readLabels(container.id, container.labels)
      if (facts === undefined || this.#known.has(facts.id)) continue
      mkdirSync(this.#options.places.container(facts.id).folder, { recursive: true })
      this.add(facts)
    }
  }

  /** Brings what is known to what is. Only what differs is looked at closely, in its turn. */
  async compare(): Promise<void> {
    const { client } = this.#options
    const { tasks } = await client.tasks.list({})
    const running = new Map(tasks.map((task) => [task.id, task.status]))
    const differing = this.all().filter(({ id, status }) => {
      const task = running.get(id)
      return status === "running" ? task !== "RUNNING" : task !== undefined
    })
    await Promise.all(differing.map((container) => this.turns.take(container.id, () => this.#lookAt(container))))

    for (const shim of shimsOf(this.#options)) {
      if (running.has(shim.id)) continue
      void this.turns
        .take(shim.id, () => this.#awaitProcess(shim))
        .catch((error: Error) => {
          this.#options.world.log.warn("a shim that was left behind stays", { id: shim.id, error: error.message })
        })
    }
  }

  /** What a process before this one has asked for may be about to come. What does not is in the way. */
  async #awaitProcess(shim: Shim): Promise<void> {
    const { client, world } = this.#options
    const until = world.monotonic() + COMES_MS
    while (world.monotonic() < until && processIdentity(shim.pid) !== undefined) {
      const container = this.#known.get(shim.id)
      const comes = await unlessGone(client.tasks.get({ containerId: shim.id }))
      if (comes !== undefined) return container && this.#lookAt(container)
      await sleep(world, AGAIN_MS)
    }
    await endShim(this.#options, shim)
  }

  async #lookAt(container: Container): Promise<void> {
    const { client, world, emit } = this.#options
    const { id, status } = container
    if (container.gone) return
    const process = (await unlessGone(client.tasks.get({ containerId: id })))?.process
    if (process === undefined) return status === "running" ? this.#end(container, undefined) : undefined
    const { pid } = process
    switch (process.status) {
      case "CREATED":
        // A start that was asked for, by a process that was killed before it could be carried out. The next one goes on
        // from there: what is taken down and made again under the same name containerd may confuse.
        container.wasMade = true
        if (status === "running") container.become(UNBORN, true)
        break
      case "STOPPED":
        if (status === "running") return this.#end(container, exitOf(process))
        // An end in the middle of which we were ended.
        await deleteProcess(client, world, id)
        return container.drained()
      default: {
        if (status === "running" && container.life.pid === pid) return
        const { startedAt = world.now() } = status === "running" ? container.life : {}
        container.become({ startedAt, pid, outOfMemory: false }, false)
        if (status !== "running") emit({ kind: "started", id, at: startedAt })
      }
    }
  }

  /** Starts a container, for the first time or again. */
  start(id: string, prepare: (container: Container) => Promise<void>): Promise<void> {
    return this.turns.take(id, async () => {
      const container = this.get(id)
      if (container.status === "running") return
      await prepare(container)
      const { client, lasting, world, emit, snapshotter } = this.#options
      const { terminal, openStdin } = container.facts
      const rootfs = container.rootfs ?? (await client.snapshots.mounts({ snapshotter, key: id })).mounts
      container.rootfs = undefined

      const { place, life } = container
      for (const file of [place.stdout, place.stderr]) closeSync(openSync(file, "a", 0o600))
      if (openStdin) makeFifo(place.stdin)
      const stdin = openStdin ? place.stdin : ""
      const task = { containerId: id, rootfs, stdin, ...outputs(place, terminal), terminal }
      try {
        const pid = await makeProcess(this.#options, task)
        // Written down before it is asked for, so that its end is known for one whenever this process is killed.
        const at = world.now()
        container.become({ startedAt: at, pid, outOfMemory: false }, false)
        container.wasMade = false
        await lasting.tasks.start({ containerId: id })
        emit({ kind: "started", id, at })
      } catch (error) {
        await deleteProcess(client, world, id).catch(() => {})
        if (container.life !== life) container.become(life, true)
        throw asStartFailure(error)
      }
    })
  }

  /** Lets go of processes in a network that were made and never started: they would hold it. */
  async unmake(networkId: string): Promise<void> {
    const { client, world } = this.#options
    const unborn = this.all().filter(({ facts, wasMade }) => facts.networkId === networkId && wasMade)
    await Promise.all(
      unborn.map((container) =>
        this.turns.take(container.id, async () => {
          if (container.wasMade) await deleteProcess(client, world, container.id)
          container.wasMade = false
        }),
      ),
    )
  }

  /** What containerd's events say. */
  hear(happening: Happening): void {
    const container = this.#known.get(happening.id)
    if (container === undefined) return
    const act = async () => {
      if (container.gone || container.status !== "running") return
      if (happening.kind === "out of memory") this.#outOfMemory(container)
      // One of a process before it may be told late.
      else if (happening.pid === container.life.pid) await this.#end(container, happening)
      else await this.#lookAt(container)
    }
    void this.turns.take(container.id, act).catch((error: Error) => {
      this.#options.world.log.warn("an end could not be taken in", { id: container.id, error: error.message })
    })
  }

  /** Takes a container away, whatever it does. */
  remove(id: string): Promise<void> {
    return this.turns.take(id, async () => {
      const { client, world, snapshotter, host, address, namespace } = this.#options
      const container = this.#known.get(id)
      await deleteProcess(client, world, id)
      await unlessGone(client.containers.delete({ id }))
      await unlessGone(client.snapshots.remove({ snapshotter, key: id }))
      removeShimSocket(address, namespace, id)
      if (container === undefined) return
      await host.cgroups.remove(container.cgroupPath)
      container.forget()
      this.#known.delete(id)
      this.#byTask.delete(container.facts, container)
    })
  }

  async #end(container: Container, exit: { readonly exitCode: number; readonly at: number } | undefined) {
    const { host, emit, client, world } = this.#options
    const { id, cgroupPath } = container
    const kills = await host.cgroups.outOfMemoryKills(cgroupPath).catch(() => 0)
    if (kills > 0) this.#outOfMemory(container)

    const { pid: _, ...life } = container.life
    if (exit === undefined) {
      const at = world.now()
      container.become({ ...life, lost: true }, false)
      emit({ kind: "stopped", id, at })
    } else {
      container.become({ ...life, stoppedAt: exit.at, exitCode: exit.exitCode }, false)
      emit({ kind: "stopped", id, at: exit.at, exitCode: exit.exitCode })
    }
    // The shim answers when it has written all that the container said.
    await unlessGone(client.tasks.delete({ containerId: id })).catch(() => deleteProcess(client, world, id))
    container.log.bound(container.facts.logBytesMax)
    container.drained()
  }

  #outOfMemory(container: Container): void {
    if (container.life.outOfMemory) return
    container.become({ ...container.life, outOfMemory: true }, false)
    this.#options.emit({ kind: "out of memory", id: container.id })
  }
}

function exitOf({ exitStatus, exitedAt }: Process) {
  return { exitCode: exitStatus, at: exitedAt === null ? 0 : milliseconds(exitedAt) }
}

const COMES_MS = 3_000
const AGAIN_MS = 25

/** What the image or the task definition got wrong would be wrong again. */
function asStartFailure(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.kind !== "machine") return error
  const wrong = /executable file|no such file or directory|permission denied|exec format error|not a directory/i
  return wrong.test(error.message) ? new EngineError("invalid", error.message, { cause: error }) : error
}
