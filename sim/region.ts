import { rootOnly } from "../src/aws/authorizer.ts"
import { type FrontDoor, frontDoor } from "../src/aws/front-door.ts"
import type { HttpRequest, HttpResponse } from "../src/aws/http.ts"
import { keysOf } from "../src/aws/keys.ts"
import type { Service } from "../src/aws/service.ts"
import { allTables, catalog } from "../src/services/catalog.ts"
import { defaultVpc, subnets } from "../src/services/ec2/index.ts"
import { ControllerRunner, type ControllerStatus } from "../src/store/controller.ts"
import { MemoryDisk, type MemoryJournal, memoryJournal } from "../src/store/journal/memory.ts"
import { retention } from "../src/store/retention.ts"
import { Store } from "../src/store/store.ts"
import type { Log } from "../src/world/log.ts"
import type { SimulatedWorld } from "../src/world/simulated.ts"
import type { Random } from "../src/world/world.ts"
import { principalBehind } from "./identity.ts"
import { type ProcessWorld, processWorld } from "./process-world.ts"

export interface RegionOptions {
  readonly world: SimulatedWorld
  readonly random: Random
  readonly log: Log

  /** How long an append to the journal takes. */
  readonly appendMs: () => number

  /** Called with the store of each new process, once everything durable is in it and before anything has changed. */
  readonly opened: (store: Store) => void

  /** Called when a process has ended by itself, as it does when its journal fails. */
  readonly lost: () => void
}

/** The control plane of a simulation: the real parts, over a disk that outlives the process. */
export class Region {
  readonly disk = new MemoryDisk()
  readonly #options: RegionOptions
  readonly #services: readonly Service[]
  #running: Running | undefined

  constructor(options: RegionOptions) {
    this.#options = options
    this.#services = catalog.map(loadedAtOnce)
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  get store(): Store | undefined {
    return this.#running?.store
  }

  async start(): Promise<void> {
    const { random, log, opened, lost } = this.#options
    const world = processWorld(this.#options.world, { random, log })
    const store = new Store({ world, tables: allTables, freeze: true })
    const journal = memoryJournal(world, { disk: this.disk, appendMs: this.#options.appendMs })
    store.lead(await journal.lead((changes, version) => store.load(changes, version)))
    const runner = new ControllerRunner(world, store, [
      ...retention(allTables),
      ...this.#services.flatMap((service) => service.controllers),
    ])
    const door = frontDoor({
      world,
      store,
      services: this.#services,
      authorizer: rootOnly,
      keys: KEYS,
      identify: () => undefined,
      trustAnyone: (accessKeyId = "", region) => principalBehind(accessKeyId, region),
    })
    this.#running = { world, store, journal, runner, door }
    opened(store)
    runner.start()
    void store.lost.then(() => {
      if (this.#running?.store !== store) return
      this.crash("lost")
      lost()
    })
  }

  /** Of an account's default network, which is made when it is first looked at. */
  subnetsOf(scope: string): readonly string[] {
    const { store, world } = this.#running!
    return store.transact(scope, (tx) => {
      defaultVpc({ tx, now: world.now(), random: world.random })
      return tx.all(subnets).map(({ id }) => id)
    })
  }

  /** Ends the process in the middle of whatever it is doing. An append under way has reached the disk or not. */
  crash(inFlight: "kept" | "lost"): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    running.world.end()
    running.runner.stop()
    running.journal.crash(inFlight)
  }

  /** What listens for requests; undefined while nobody does. */
  get door(): FrontDoor | undefined {
    return this.#running?.door
  }

  controllers(): readonly ControllerStatus[] {
    return this.#running?.runner.status() ?? []
  }
}

interface Running {
  readonly world: ProcessWorld
  readonly store: Store
  readonly journal: MemoryJournal
  readonly runner: ControllerRunner
  readonly door: FrontDoor
}

export type Answer = HttpResponse
export type Request = HttpRequest

/**
 * Loading a module takes as many turns of the machine as it takes, and no two runs of a seed would be alike. So it is
 * done before there is a world, once for all simulations of this process.
 */
export async function loadServices(): Promise<void> {
  for (const service of catalog) {
    if (!sdks.has(service)) sdks.set(service, await service.sdk())
  }
  await import("../src/aws/protocols/json.ts")
}

const sdks = new Map<Service, object>()

function loadedAtOnce(service: Service): Service {
  return { ...service, sdk: async () => sdks.get(service)! }
}

const KEYS = keysOf(new Uint8Array(32).fill(7))
