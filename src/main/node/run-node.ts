import { chownSync, statSync } from "node:fs"
import { createInterface } from "node:readline"
import { NodeEndpoints } from "../../node/endpoints/endpoints.ts"
import { listenForIntrospection } from "../../node/endpoints/introspection-listener.ts"
import { realWorld } from "../../world/real.ts"
import type { World } from "../../world/world.ts"
import { type AskedPlace, join } from "../control.ts"
import { ControlServer } from "../control-server.ts"
import type { DataDirectory } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { VERSION } from "../version.ts"
import { chooseHere, type EngineName, mustNotStrand, settleOn } from "./choose-engine.ts"
import { Hosting } from "./hosting.ts"
import type { LocalPlace } from "./local-node.ts"
import { newInstance, readMemberships, writeMembership } from "./membership.ts"
import { type InstanceStatus, type NodeStatus, nodeStatus } from "./node-control.ts"
import { type NodeDirectory, nodeDirectory } from "./node-directory.ts"
import { type NodeReport, reportNode, tellNode } from "./node-report.ts"
import type { ObjectStore } from "./object-store.ts"
import { type OpenedEngine, openEngine } from "./open-engine.ts"
import { Underlay } from "./underlay.ts"

export interface NodeOptions {
  readonly data: DataDirectory

  /** Hosts an instance of the region of the same data directory. */
  readonly local?: LocalPlace
  readonly engine?: EngineName
  readonly containerd?: string

  /** Where other machines reach this one; undefined for the address by which it reaches its regions. */
  readonly underlay?: string

  /** Ends with its standard input, and tells how it goes on its standard output. */
  readonly lifeline: boolean
  readonly statsMs: number

  /** Whether containers find the region's endpoint in their environment. */
  readonly tellsEndpoint: boolean

  /** Where files lie that task definitions name; undefined for buckets of the region's own. */
  readonly objectStore: ObjectStore | undefined
  readonly logLevel: "debug" | "info" | "warn" | "error"
}

/** Runs this machine's node until it is told to stop; resolves with its exit code. */
export async function runNode(options: NodeOptions): Promise<number> {
  const world = realWorld({ logTo: 2, logLevel: options.logLevel })
  const report = options.lifeline ? reportNode : tellNode
  try {
    return await new NodeProcess(world, options, report).run()
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    const isRefusal = error instanceof Refusal
    world.log.error(message, isRefusal ? {} : { error: stack })
    report({ kind: "ending", reason: message })
    return isRefusal ? error.exitCode : EXIT.failed
  }
}

class NodeProcess {
  readonly #world: World
  readonly #options: NodeOptions
  readonly #report: (report: NodeReport) => void
  readonly #directory: NodeDirectory
  readonly #told = Promise.withResolvers<number>()
  #opened: OpenedEngine | undefined
  #endpoints: NodeEndpoints | undefined
  #hosting: Hosting | undefined
  #control: ControlServer | undefined
  #started: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(world: World, options: NodeOptions, report: (report: NodeReport) => void) {
    this.#world = world
    this.#options = options
    this.#report = report
    this.#directory = nodeDirectory(options.data)
  }

  async run(): Promise<number> {
    this.#report({ kind: "started", pid: process.pid })
    this.#listen()
    try {
      this.#started = this.#start(performance.now())
      await this.#started
    } catch (error) {
      await this.#letGo()
      throw error
    }
    return this.#told.promise
  }

  async #start(startedAt: number): Promise<void> {
    const {
      data,
      engine: wanted,
      containerd,
      underlay: saidUnderlay,
      statsMs,
      tellsEndpoint,
      objectStore,
    } = this.#options
    const other = await nodeStatus(data)
    if (other !== undefined) {
      throw new Refusal(`A node runs already with data in ${data.path} (process ${other.pid}).`, EXIT.failed)
    }
    // From now on who asks finds it, and waits, or stops it.
    await this.#appear()
    const choice = await chooseHere(this.#directory, containerd === undefined ? wanted : "containerd")
    mustNotStrand(this.#directory, choice.engine, this.#world)
    await this.#takeLocalPlaces(choice.engine)
    const underlay = new Underlay(saidUnderlay, readMemberships(this.#directory))
    this.#opened = await openEngine({
      world: this.#world,
      directory: this.#directory,
      choice,
      ownNamespace: (name) => !this.#sharesNetwork(name),
      underlay,
      ...(containerd !== undefined && { containerd }),
    })
    settleOn(this.#directory, choice.engine)
    const { engine, host } = this.#opened
    this.#endpoints = host && new NodeEndpoints({ world: this.#world, engine })
    this.#hosting = new Hosting({
      world: this.#world,
      data,
      directory: this.#directory,
      opened: this.#opened,
      endpoints: this.#endpoints,
      underlay,
      statsMs,
      tellsEndpoint,
      objectStore,
    })
    await this.#hosting.begin()
    await this.#introspect()
    if (this.#isStopping) return
    // Some may be on their way out since before.
    void this.#hosting.look()
    const { name, version } = engine
    const instances = readMemberships(this.#directory).map((instance) => instance.name)
    this.#world.log.info("ready", { engine: name, version, instances })
    const seconds = (performance.now() - startedAt) / 1000
    this.#report({ kind: "ready", engine: `${name} ${version}`, seconds, instances })
  }

  /** The places in this machine's own region, taken once: in a cluster, and in the capacity that is FARGATE. */
  async #takeLocalPlaces(engine: "containerd" | "docker"): Promise<void> {
    const { local } = this.#options
    if (local === undefined) return
    await this.#takePlace({ kind: "container-instance", ...local })
    // A task there has an interface of its own, which Docker cannot give it.
    if (engine === "containerd") await this.#takePlace({ kind: "fargate", region: local.region, cluster: POOL })
  }

  async #takePlace(asked: AskedPlace): Promise<void> {
    const known = readMemberships(this.#directory)
    const isThere = known.some(({ endpoint, place, isLeaving }) => {
      const isIt = place.kind === asked.kind && place.region === asked.region && place.cluster === asked.cluster
      return endpoint === undefined && isIt && isLeaving !== true
    })
    if (!isThere) writeMembership(this.#directory, newInstance(await join(this.#options.data, asked), known))
  }

  #sharesNetwork(name: string): boolean {
    return readMemberships(this.#directory).some((instance) => instance.name === name && instance.sharesNetwork)
  }

  /** Lets the command line find this process, also that of the user whose data it is. */
  async #appear(): Promise<void> {
    const { control } = this.#directory
    this.#control = new ControlServer(control, (asked, _, body) => this.#answer(asked, body))
    await this.#control.listen()
    const { uid, gid } = statSync(this.#options.data.path)
    if (process.geteuid?.() === 0) chownSync(control, uid, gid)
  }

  /** For people on the machine; another agent may have its port. */
  async #introspect(): Promise<void> {
    const agent = () => this.#hosting!.hosted[0]?.endpointAgent
    await listenForIntrospection({ world: this.#world, agent, version: VERSION }).catch((error: Error) =>
      this.#world.log.warn("introspection is not served", { reason: error.message }),
    )
  }

  async #answer(asked: string, body: AsyncIterable<Uint8Array>): Promise<unknown> {
    switch (asked) {
      case "GET /status":
        return this.#status()
      case "POST /stop":
        void this.#stop("asked to on the command line")
        return {}
    }
    await this.#started
    const hosting = this.#hosting!
    switch (asked) {
      case "POST /instances":
        await hosting.look()
        return {}
      case "POST /images":
        return { references: await this.#opened!.engine.images.importTar(body) }
      case "POST /stop-tasks":
        return { stopped: await hosting.stopTasks() }
      default:
        throw new Refusal(`The running node does not know "${asked}"; it may be of another version.`)
    }
  }

  #status(): NodeStatus {
    const engine = this.#opened?.engine
    return {
      pid: process.pid,
      ...(engine !== undefined && { engine: `${engine.name} ${engine.version}` }),
      instances: this.#hosting?.status() ?? this.#notYet(),
    }
  }

  #notYet(): readonly InstanceStatus[] {
    const known = readMemberships(this.#directory)
    return known.map(({ name, place: { kind, cluster, region }, isLeaving = false }) => {
      return { name, kind, cluster, region, isLeaving, isConnected: false, tasks: 0 }
    })
  }

  #listen(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void this.#stop(signal))
    if (this.#options.lifeline) {
      createInterface({ input: process.stdin }).once("close", () => void this.#stop("its supervisor wants it"))
    }
    process.on("uncaughtException", (error) => {
      this.#world.log.error("something failed that nobody expected", { error: error.stack })
      this.#report({ kind: "ending", reason: "an unexpected failure; the log has it" })
      process.exit(EXIT.failed)
    })
  }

  async #stop(why: string): Promise<void> {
    // Who asks twice does not want to wait.
    if (this.#isStopping) process.exit(EXIT.failed)
    this.#isStopping = true
    this.#world.log.info("stopping", { why })
    this.#world.after(STOP_MS_MAX, () => process.exit(EXIT.failed))
    // What is being opened just now is closed as well.
    const isUp = await this.#started.then(
      () => true,
      () => false,
    )
    if (isUp) await this.#letGo()
    this.#told.resolve(EXIT.ok)
  }

  async #letGo(): Promise<void> {
    await this.#hosting?.close()
    this.#endpoints?.close()
    await this.#opened?.close()
    this.#control?.close()
  }
}

const STOP_MS_MAX = 20_000

/** The cluster of the pool, which is nobody's. */
const POOL = "fargate"
