import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { NodeEndpoints } from "../../node/endpoints/endpoints.ts"
import { sleep, type World } from "../../world/world.ts"
import { NoAnswer, status } from "../control.ts"
import { type DataDirectory, readRunRecord } from "../data.ts"
import { removeAgentFiles, tasksOf } from "./agent-files.ts"
import { Hosted } from "./hosted.ts"
import { type HostedInstance, readMemberships, removeMembership, writeMembership } from "./membership.ts"
import type { InstanceStatus } from "./node-control.ts"
import type { NodeDirectory } from "./node-directory.ts"
import type { ObjectStore } from "./object-store.ts"
import type { OpenedEngine } from "./open-engine.ts"
import type { Underlay } from "./underlay.ts"

export interface HostingOptions {
  readonly world: World
  readonly data: DataDirectory
  readonly directory: NodeDirectory
  readonly opened: OpenedEngine

  /** Undefined where nothing can be served inside of tasks' networks. */
  readonly endpoints: NodeEndpoints | undefined
  readonly underlay: Underlay
  readonly statsMs: number
  readonly tellsEndpoint: boolean
  readonly objectStore: ObjectStore | undefined
}

/** The instances of this machine: each is begun, and ended, as its file says. */
export class Hosting {
  readonly #options: HostingOptions
  readonly #hosted = new Map<string, Hosted>()

  /** Why an instance could not be begun. */
  readonly #problems = new Map<string, string>()
  readonly #closing = new AbortController()
  #turn: Promise<void> = Promise.resolve()

  constructor(options: HostingOptions) {
    this.#options = options
  }

  get hosted(): readonly Hosted[] {
    return [...this.#hosted.values()]
  }

  /** Takes up what is new; resolves when what ran before is looked after again. */
  begin(): Promise<void> {
    return this.#inTurn(async () => {
      const added = this.#known().filter(({ name }) => !this.#hosted.has(name))
      // Before any of them has interfaces: those of all of them are on one machine.
      if (added.length > 0) await this.#findUnderlay()
      for (const instance of added) await this.#begin(instance)
    })
  }

  /** The same, and ends what leaves; resolves when all of it is done. */
  async look(): Promise<void> {
    // One that leaves is begun as well: it is its agent that stops its tasks and says so.
    await this.begin()
    await this.#inTurn(async () => {
      for (const instance of this.#known()) if (instance.isLeaving === true) await this.#end(instance)
    })
  }

  status(): InstanceStatus[] {
    const { directory, opened } = this.#options
    return readMemberships(directory).map(({ name, place: { kind, cluster, region }, isLeaving = false }) => {
      const refusal = this.#problems.get(name)
      const address = opened.host?.networks.instanceAddress(name)
      return {
        ...{ name, kind, cluster, region, isLeaving },
        ...(this.#hosted.get(name)?.status() ?? { isConnected: false, tasks: 0 }),
        ...(refusal !== undefined && { refusal }),
        ...(address !== undefined && { address }),
      }
    })
  }

  /** Resolves when every task has stopped and the regions have heard of it, or much time has passed. */
  async stopTasks(): Promise<number> {
    const stopped = await Promise.all(this.hosted.map((hosted) => hosted.stopTasks()))
    return stopped.reduce((sum, count) => sum + count, 0)
  }

  /** Containers run on. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#turn
    await Promise.all(this.hosted.map((hosted) => hosted.close()))
  }

  #known(): readonly HostedInstance[] {
    return this.#closing.signal.aborted ? [] : readMemberships(this.#options.directory)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch((error: Error) => {
      this.#options.world.log.error("the instances could not be looked after", { error: error.stack })
    })
    return this.#turn
  }

  /** One that cannot be begun stands in nobody's way. */
  async #begin(instance: HostedInstance): Promise<void> {
    const { world, data, opened, ...options } = this.#options
    const { name } = instance
    try {
      const region = instance.endpoint === undefined ? await this.#ownRegion() : undefined
      if (instance.endpoint === undefined && region === undefined) {
        this.#problems.set(name, "The region of this machine does not run.")
        return this.#lookLater()
      }
      const hosted = new Hosted({
        ...options,
        world,
        engine: opened.engine,
        fabric: opened.fabric,
        instance,
        endpoint: instance.endpoint ?? region!.endpoint,
        ca: instance.endpoint === undefined ? region!.ca : instance.ca,
      })
      this.#hosted.set(name, hosted)
      this.#problems.delete(name)
      await hosted.start()
    } catch (error) {
      const { message } = error as Error
      world.log.error("an instance cannot be hosted", { instance: name, reason: message })
      this.#problems.set(name, message)
    }
  }

  /**
   * The region of the same data directory. One that is just away is where it was: who supervises it starts it on the
   * port that it had.
   */
  async #ownRegion(): Promise<OwnRegion | undefined> {
    const { data } = this.#options
    const running = await status(data).catch((error) => {
      if (error instanceof NoAnswer) return undefined
      throw error
    })
    const endpoint = running?.endpoint ?? readRunRecord(data)?.endpoint
    if (endpoint === undefined) return undefined
    const caFile = join(data.ca, "ca.crt")
    const isSecured = endpoint.startsWith("https:") && existsSync(caFile)
    return { endpoint, advertised: running?.advertised, ca: isSecured ? readFileSync(caFile, "utf8") : undefined }
  }

  /** What was found is kept for a start without a network. */
  async #findUnderlay(): Promise<void> {
    const { directory, underlay } = this.#options
    const known = this.#known()
    const endpoints: string[] = []
    for (const { endpoint } of known) {
      const own = endpoint === undefined ? await this.#ownRegion() : undefined
      const at = endpoint ?? own?.endpoint
      if (at !== undefined) endpoints.push(at)
      // One that listens at all addresses of the machine is asked on the loopback, and others find it all the same.
      if (own?.advertised !== undefined) endpoints.push(own.advertised, ANYWHERE)
    }
    await underlay.look(known, endpoints)
    const { found } = underlay
    if (found === undefined) return
    // What others have written meanwhile stays.
    for (const instance of readMemberships(directory)) {
      if (instance.foundUnderlay !== found) writeMembership(directory, { ...instance, foundUnderlay: found })
    }
  }

  #lookLater(): void {
    const { world } = this.#options
    sleep(world, LOOK_MS, this.#closing.signal).then(
      () => this.look(),
      () => {},
    )
  }

  /** Stops the tasks of an instance and takes away what it had on the machine. */
  async #end(instance: HostedInstance): Promise<void> {
    const { world, directory, opened } = this.#options
    const { name } = instance
    const hosted = this.#hosted.get(name)
    if (hosted === undefined) return
    await hosted.stopTasks()
    await hosted.leave()
    this.#hosted.delete(name)
    await clear(world, opened, directory, name)
    removeAgentFiles(directory, name)
    removeMembership(directory, name)
    world.log.info("an instance has left", { instance: name })
  }
}

interface OwnRegion {
  readonly endpoint: string
  readonly ca: string | undefined

  /** Where other machines reach it, where they can. */
  readonly advertised: string | undefined
}

/** An address of nobody, to which the way is the one to everywhere. */
const ANYWHERE = "https://198.51.100.1"

/** Takes away all that an instance has in the engine and in the kernel, with what still runs of it. */
export async function clear(
  world: World,
  { engine, host }: Pick<OpenedEngine, "engine" | "host">,
  directory: NodeDirectory,
  name: string,
): Promise<void> {
  const listed = (await engine.list(name)).map(({ taskId }) => taskId)
  const known = tasksOf(directory, name, world).map(({ id }) => id)
  for (const task of new Set([...listed, ...known])) await engine.removeTask(name, task)
  await host?.networks.closeInstance(name)
  await host?.cgroups.remove(`${directory.cgroup}/${name}`)
}

const LOOK_MS = 1_000
