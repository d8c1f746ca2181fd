import type { Place } from "../services/accounts/index.ts"
import type { S3Place } from "../services/ecr/blobs/s3-connection.ts"
import { POOL_ACCOUNT, POOL_CLUSTER } from "../services/ecs/index.ts"
import type { Journal, JournalFailure } from "../store/journal/journal.ts"
import { realWorld } from "../world/real.ts"
import type { World } from "../world/world.ts"
import { firstCredentials, makeAccounts } from "./accounts.ts"
import { type AskedPlace, type Status, status } from "./control.ts"
import { ControlServer } from "./control-server.ts"
import { answerFor, type Controlled } from "./controlled.ts"
import { type DataDirectory, prepare, removeRunRecord, writeRunRecord } from "./data.ts"
import { explain } from "./ending.ts"
import { advertised, endpointOf } from "./endpoint.ts"
import { EXIT, Refusal } from "./exit.ts"
import type { OpenInstallation } from "./installation.ts"
import { fingerprintOf, writeJoinWord } from "./join-token.ts"
import { type Joining, join, makeJoinToken } from "./joining.ts"
import { type AskedMasterKeyPlace, masterKeyPlace } from "./master-key-place.ts"
import { identityOf } from "./process-identity.ts"
import { Region } from "./region.ts"
import { report } from "./report.ts"
import { isLoopback, tlsFor } from "./tls.ts"
import { VERSION } from "./version.ts"

export interface ServerOptions {
  readonly data: DataDirectory
  readonly masterKey: Omit<AskedMasterKeyPlace, "data">
  readonly addresses: readonly string[]
  readonly port: number
  readonly postgres?: string

  /** Where images are kept in place of the data directory. */
  readonly images?: S3Place

  /** Where the other replicas reach this process. */
  readonly advertise?: string

  /** Where public addresses come from, in CIDR notation. */
  readonly publicRange?: string

  /** Hosts of registries, with their ports. */
  readonly upstreamRegistries?: readonly string[]
  readonly certFile?: string
  readonly keyFile?: string
  readonly dev: boolean
  readonly logLevel: "debug" | "info" | "warn" | "error"
}

/** Runs one region process until it is told to stop or cannot go on; resolves with its exit code. */
export async function runServer(options: ServerOptions): Promise<number> {
  const world = realWorld({ logTo: 2, logLevel: options.logLevel })
  try {
    return await new ServerProcess(world, options).run()
  } catch (error) {
    return explain(world, error)
  }
}

class ServerProcess {
  readonly #world: World
  readonly #options: ServerOptions
  readonly #startedAt: number

  /** Who started it, as long as that one is its parent for certain: later it may be anyone. */
  readonly #supervisor = process.connected ? identityOf(process.ppid) : undefined
  readonly #told = Promise.withResolvers<number>()
  #region!: Region
  #control!: ControlServer
  #endpoint = ""
  #caFile: string | undefined
  #stopping = false

  constructor(world: World, options: ServerOptions) {
    this.#world = world
    this.#options = options
    this.#startedAt = world.now()
  }

  async run(): Promise<number> {
    const { data, images, masterKey, addresses, port, postgres, publicRange, upstreamRegistries, dev } = this.#options
    if (dev && !addresses.every(isLoopback)) {
      throw new Refusal("--dev takes any credentials, so it works on the loopback only; leave out --listen.")
    }
    prepare(data)
    const other = await status(data)
    if (other !== undefined) throw new Refusal(`Homeport already runs with data in ${data.path}, at ${other.endpoint}.`)

    const tls = await this.#tls()
    this.#region = new Region({
      world: this.#world,
      data,
      masterKey: masterKeyPlace({ data, ...masterKey }),
      addresses,
      port,
      dev,
      ...(tls === undefined ? {} : { tls }),
      ...(images === undefined ? {} : { images }),
      ...(publicRange === undefined ? {} : { publicRange }),
      ...(upstreamRegistries === undefined ? {} : { upstreamRegistries }),
      journal: (boundPort) => this.#journal(boundPort, tls !== undefined),
    })
    await this.#region.listen()
    this.#endpoint = endpointOf(addresses[0]!, this.#region.port, tls !== undefined)
    this.#caFile = tls?.own ? `${data.ca}/ca.crt` : undefined
    const controlled: Controlled = {
      status: () => this.#status(),
      credentials: () => firstCredentials(this.#region.store, this.#opened()),
      createAccounts: (count) => makeAccounts(this.#world, this.#region.store, this.#opened(), count),
      join: async (place) => join(this.#joining(), this.#placeOf(place)),
      createJoinToken: async (place, msValid) => {
        const word = await makeJoinToken(this.#joining(), this.#placeOf(place), msValid)
        return writeJoinWord({ ...word, ...(tls?.ca?.[0] && { caFingerprint: fingerprintOf(tls.ca[0]) }) })
      },
      stop: () => void this.#stop("asked to on the command line"),
    }
    this.#control = new ControlServer(data.control, (asked, parameters) => answerFor(controlled, asked, parameters))
    this.#listenToSignals()

    if (tls !== undefined) this.#renewLater(tls.cert)
    // A journal in a file is for one process, whose place nobody may take before it is known to have it. A standby over
    // PostgreSQL may follow for years.
    if (postgres !== undefined) await this.#appear()
    const lost = this.#region.run(async () => {
      if (postgres === undefined) await this.#appear()
    })
    const ended = lost.then((failure) => this.#lost(failure))
    return Promise.race([this.#told.promise, ended.catch((error) => this.#failed(error))])
  }

  async #tls() {
    const { data, addresses, advertise, certFile, keyFile } = this.#options
    const names = advertise === undefined ? [] : [new URL(advertise).hostname.replace(/^\[|\]$/g, "")]
    return tlsFor({
      data,
      addresses,
      names,
      now: this.#world.now(),
      ...(certFile === undefined ? {} : { certFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
    })
  }

  /** Certificates run out while processes run; what is new on disk, or about to be old, is taken up. */
  #renewLater(served: string): void {
    this.#world.after(RENEW_MS, () => void this.#renew(served))
  }

  async #renew(served: string): Promise<void> {
    const tls = await this.#tls().catch((error) => {
      this.#world.log.warn("the certificate could not be renewed", { error: error.message })
    })
    if (tls && tls.cert !== served) this.#region.renew(tls)
    this.#renewLater(tls?.cert ?? served)
  }

  async #journal(port: number, secured: boolean): Promise<Journal> {
    const { data, postgres: connection, advertise, addresses } = this.#options
    if (connection === undefined) {
      const { sqliteJournal } = await import("../store/journal/sqlite.ts")
      return sqliteJournal({ file: data.journal })
    }
    const { postgresJournal } = await import("../store/journal/postgres.ts")
    return postgresJournal({
      connection,
      world: this.#world,
      address: advertise ?? advertised(addresses[0]!, port, secured),
    })
  }

  /** Lets the command line find this process. */
  async #appear(): Promise<void> {
    await this.#control.listen()
    const region = this.#region
    writeRunRecord(this.#options.data, {
      endpoint: this.#endpoint,
      port: region.port,
      startedAt: this.#startedAt,
      region: identityOf(process.pid),
      ...(this.#supervisor !== undefined && process.connected ? { supervisor: this.#supervisor } : {}),
    })
    this.#announce()
  }

  /** Tells that requests are answered, as soon as they are. */
  #announce(): void {
    const { port, ready, serves: leads } = this.#region
    if (!ready) {
      this.#world.after(LOOK_MS, () => this.#announce())
      return
    }
    this.#world.log.info("ready", { endpoint: this.#endpoint, leads, version: VERSION })
    void report({ kind: "ready", endpoint: this.#endpoint, port, leads })
  }

  #opened(): OpenInstallation {
    const opened = this.#region.installation
    if (opened !== undefined) return opened
    const leader = this.#region.leaderAddress
    throw new Refusal(
      leader === undefined
        ? "Nobody leads this installation right now; try again."
        : `This process is a standby; ask the one that leads, at ${leader}.`,
    )
  }

  #joining(): Joining {
    return { world: this.#world, store: this.#region.store, opened: this.#opened() }
  }

  #placeOf({ account, ...place }: AskedPlace): Place {
    if (place.kind === "fargate") return { ...place, account: POOL_ACCOUNT, cluster: POOL_CLUSTER }
    return { ...place, account: account ?? this.#opened().installation.firstAccount }
  }

  #status(): Status {
    const { data, addresses, postgres, dev } = this.#options
    const { store, leaderAddress, serves, ready, port } = this.#region
    const beyond = addresses.find((address) => !isLoopback(address))
    const sizes = store.tables.map((table) => [table.name, store.size(table)] as const)
    return {
      version: VERSION,
      pid: process.pid,
      endpoint: this.#endpoint,
      port,
      data: data.path,
      journal: postgres === undefined ? "sqlite" : "postgresql",
      startedAt: this.#startedAt,
      ready,
      leads: serves,
      ...(leaderAddress === undefined ? {} : { leader: leaderAddress }),
      accounts: sizes.find(([name]) => name === "accounts/accounts")?.[1] ?? 0,
      records: sizes.reduce((sum, [, size]) => sum + size, 0),
      storeVersion: store.version,
      inFlight: this.#region.inFlight,
      dev,
      ...(beyond === undefined ? {} : { advertised: this.#options.advertise ?? advertised(beyond, port, true) }),
      ...(this.#caFile === undefined ? {} : { caFile: this.#caFile }),
    }
  }

  #listenToSignals(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void this.#stop(signal))
    // A region ends with its supervisor, so that whoever kills that one leaves nothing behind.
    const end = () => this.#stopping || void this.#stop("its supervisor is gone")
    process.once("disconnect", end)
    // Undefined where there never was one.
    if (process.connected === false) end()
    process.on("uncaughtException", (error) => {
      this.#world.log.error("something failed that nobody expected", { error: error.stack })
      void report({ kind: "ending", reason: "an unexpected failure; the log has it" }).then(() =>
        process.exit(EXIT.failed),
      )
    })
  }

  async #stop(why: string): Promise<void> {
    // Who asks twice does not want to wait.
    if (this.#stopping) process.exit(EXIT.failed)
    this.#stopping = true
    this.#world.log.info("stopping", { why })
    this.#world.after(STOP_MS_MAX, () => {
      this.#world.log.warn("stopping took too long")
      process.exit(EXIT.failed)
    })
    await this.#region.close(GRACE_MS)
    this.#disappear()
    this.#world.log.info("stopped")
    this.#told.resolve(EXIT.ok)
  }

  #lost(failure: JournalFailure): Promise<number> {
    if (this.#stopping) return this.#told.promise
    this.#disappear()
    return explain(this.#world, failure)
  }

  #failed(error: unknown): Promise<number> {
    if (this.#stopping) return this.#told.promise
    this.#disappear()
    return explain(this.#world, error)
  }

  #disappear(): void {
    this.#control.close()
    removeRunRecord(this.#options.data, process.pid)
  }
}

const LOOK_MS = 20
const RENEW_MS = 3_600_000

/** Answers under way get this long to finish. */
const GRACE_MS = 10_000
const STOP_MS_MAX = 20_000
