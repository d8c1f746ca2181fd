import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import {
  type FrontDoor,
  type FrontDoorMetrics,
  type FrontDoorOptions,
  frontDoor,
  type SentKey,
} from "../aws/front-door.ts"
import { type HttpResponse, NO_BODY } from "../aws/http.ts"
import { keysOf } from "../aws/keys.ts"
import type { Principal } from "../aws/principal.ts"
import type { Service } from "../aws/service.ts"
import { rootPrincipal } from "../services/accounts/index.ts"
import { allTables, catalogOver } from "../services/catalog.ts"
import { FileBlobStore } from "../services/ecr/blobs/file.ts"
import { S3BlobStore } from "../services/ecr/blobs/s3.ts"
import type { S3Place } from "../services/ecr/blobs/s3-connection.ts"
import {
  answerRegistryRequest,
  isRegistryRequest,
  keepBlobs,
  type Registry,
  registryOver,
} from "../services/ecr/index.ts"
import { authorizer } from "../services/iam/index.ts"
import { keepLogEvents } from "../services/logs/index.ts"
import { FileEventStore } from "../services/logs/segments/file.ts"
import { INSTALLATION } from "../store/changes.ts"
import { ControllerRunner } from "../store/controller.ts"
import type { Journal, JournalFailure, Leadership } from "../store/journal/journal.ts"
import { retention } from "../store/retention.ts"
import { Store } from "../store/store.ts"
import type { World } from "../world/world.ts"
import type { DataDirectory } from "./data.ts"
import { EventLoopDelay } from "./event-loop-delay.ts"
import { Refusal } from "./exit.ts"
import { isFromForeignPage } from "./foreign-page.ts"
import { Forwarder } from "./forward.ts"
import { ownAnswer } from "./health.ts"
import { type Exchange, requestHead } from "./http-exchange.ts"
import { type Certificate, HttpServer } from "./http-server.ts"
import { type Identify, identifyBy } from "./identify.ts"
import { mustFit, type OpenInstallation, open } from "./installation.ts"
import { issuerKeysIn } from "./issuer-keys.ts"
import { answerJoinRequest, isJoinRequest } from "./joining.ts"
import type { MasterKeyPlace } from "./master-key-place.ts"
import { metricsText } from "./metrics.ts"
import { usePublicRange } from "./public-range.ts"
import type { Tls } from "./tls.ts"
import { type OpenUpstream, openUpstream } from "./upstream.ts"
import { openWebSocket } from "./websocket.ts"

export interface RegionOptions {
  readonly world: World
  readonly data: DataDirectory

  /** Where images are kept in place of the data directory. */
  readonly images?: S3Place
  readonly masterKey: MasterKeyPlace
  readonly addresses: readonly string[]
  readonly port: number
  readonly tls?: Tls

  /** Where public addresses come from; as before, where none is named. */
  readonly publicRange?: string

  /** Registries that pulls may go through to, beside those that AWS knows. */
  readonly upstreamRegistries?: readonly string[]

  /** Takes any credentials. */
  readonly dev: boolean

  /** Called once the port is known, as other replicas have to be told where this one is. */
  readonly journal: (port: number) => Journal | Promise<Journal>
}

/**
 * The control plane of one process, put together: world, journal, store, front door, controllers, HTTP server. It
 * listens from the start; until it leads itself it forwards what comes in to the leader.
 */
export class Region {
  readonly store: Store
  readonly #options: RegionOptions
  readonly #server: HttpServer
  readonly #forwarder: Forwarder
  readonly #controllers: ControllerRunner
  readonly #delay = new EventLoopDelay()
  readonly #logEvents: FileEventStore
  readonly #blobs: FileBlobStore | S3BlobStore
  readonly #upstream: OpenUpstream
  readonly #services: readonly Service[]
  #journal: Journal | undefined
  #opened: OpenInstallation | undefined
  #door: FrontDoor | undefined
  #registry: Registry | undefined
  #closing = false

  constructor(options: RegionOptions) {
    this.#options = options
    const { world, data, images, addresses, port, tls } = options
    this.#logEvents = new FileEventStore({ world, directory: data.logEvents })
    this.#blobs =
      images === undefined
        ? new FileBlobStore({ world, directory: data.images })
        : new S3BlobStore({ world, place: images })
    this.#upstream = openUpstream({ world }, options.upstreamRegistries ?? [])
    this.#services = catalogOver({
      logEvents: this.#logEvents,
      blobs: this.#blobs,
      upstream: this.#upstream,
      issuerKeys: issuerKeysIn(data.issuers, world.log),
    })
    this.store = new Store({ world, tables: allTables })
    const controllers = [...retention(allTables), ...this.#services.flatMap((service) => service.controllers)]
    this.#controllers = new ControllerRunner(world, this.store, controllers)
    this.#forwarder = new Forwarder({
      world,
      leaderAddress: () => this.leaderAddress,
      servesHere: () => this.serves,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    })
    this.#server = new HttpServer({
      world,
      addresses,
      port,
      ...(tls === undefined ? {} : { tls }),
      take: (exchange) => this.#take(exchange),
      takeUpgrade: (request, socket, head) => this.#takeUpgrade(request, socket, head),
    })
  }

  get port(): number {
    return this.#server.port
  }

  /** Whether requests are answered here; the last moment's check is the front door's. */
  get serves(): boolean {
    return this.#door !== undefined
  }

  get leaderAddress(): string | undefined {
    return this.#journal?.leaderAddress()
  }

  /** Whether a request would be answered, here or by the leader. */
  get ready(): boolean {
    return this.serves ? this.store.mayAnswer() : this.leaderAddress !== undefined
  }

  get inFlight(): number {
    return this.#server.inFlight
  }

  /** The installation, once this process leads. */
  get installation(): OpenInstallation | undefined {
    return this.#opened
  }

  /** New connections get this certificate from now on. */
  renew(certificate: Certificate): void {
    this.#server.renew(certificate)
  }

  listen(): Promise<void> {
    return this.#server.listen()
  }

  /** Follows the leader, takes over when it is our turn, and then serves until the journal is lost; resolves with why. */
  async run(served: () => void | Promise<void>): Promise<JournalFailure> {
    const { world, data, images } = this.#options
    this.#journal = await this.#options.journal(this.port)
    const leadership = await this.#follow(this.#journal)
    this.store.lead(leadership)
    this.#opened = await Promise.race([
      open(this.store, this.#options.masterKey, world),
      this.store.lost.then((failure) => Promise.reject(failure)),
    ])
    usePublicRange(this.store, this.#options.publicRange)
    await openLogEvents(this.#logEvents, data)
    await openImages(this.#blobs, images === undefined ? data.images : `bucket ${images.bucket} at ${images.endpoint}`)
    const stopKeeping = [keepLogEvents(world, this.store, this.#logEvents), keepBlobs(world, this.store, this.#blobs)]
    this.#door = this.#frontDoor(this.#opened)
    this.#controllers.start()
    await served()
    const failure = await this.store.lost
    this.#door = undefined
    this.#controllers.stop()
    for (const stop of stopKeeping) stop()
    return failure
  }

  /** Lets answers under way finish, for `graceMs` at most, and then lets go of the journal in order. */
  async close(graceMs: number): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#door?.endSockets()
    await this.#server.close(graceMs)
    this.#controllers.stop()
    this.#forwarder.close()
    await this.#logEvents.close()
    this.#upstream.close()
    await this.#blobs.close()
    await this.#journal?.close()
    this.#delay.stop()
  }

  /** Takes in what the leader appends until this process leads. What cannot be taken in ends it. */
  async #follow(journal: Journal): Promise<Leadership> {
    const refused = Promise.withResolvers<never>()
    let going = true
    let fits = false
    const leading = journal.lead((changes, version) => {
      if (!going) return
      try {
        this.store.load(changes, version)
        if (!fits) fits = mustFit(this.store, this.#options.masterKey)
      } catch (error) {
        going = false
        refused.reject(error)
      }
    })
    return Promise.race([leading, refused.promise])
  }

  async #take(exchange: Exchange): Promise<void> {
    const ca = this.#options.tls?.ca?.[0]
    const own = ownAnswer(exchange, {
      ready: () => this.ready,
      metrics: () => this.#metrics(),
      ...(ca === undefined ? {} : { ca }),
    })
    if (own !== undefined) return exchange.send(own)
    if (this.#options.dev && isFromForeignPage(exchange.headers)) return exchange.send(FORBIDDEN)
    if (this.#door === undefined && (await this.#forwarder.take(exchange))) return
    const door = this.#door!
    const registry = this.#registry!
    const { world } = this.#options
    const joining = { world, store: this.store, opened: this.#opened! }
    await exchange.answer((request) => {
      if (isJoinRequest(request)) return answerJoinRequest(joining, request)
      return isRegistryRequest(request) ? answerRegistryRequest(registry, request) : door.handle(request)
    })
  }

  async #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean | HttpResponse> {
    if (await this.#forwarder.takeUpgrade(request, socket, head)) return true
    const gone = new AbortController()
    socket.once("close", () => gone.abort())
    const asked = { ...requestHead(request), body: NO_BODY, signal: gone.signal }
    if (this.#options.dev && isFromForeignPage(asked.headers)) return FORBIDDEN
    const answer = await this.#door?.upgrade(asked)
    if (answer === undefined || "status" in answer) return answer ?? false
    openWebSocket(answer, request, socket, head)
    return true
  }

  #frontDoor({ installation, masterKey }: OpenInstallation): FrontDoor {
    const { world, dev } = this.#options
    const { firstAccount } = installation
    const keys = keysOf(masterKey)
    const identify = identifyBy(keys, world)
    const options: FrontDoorOptions = {
      world,
      store: this.store,
      services: this.#services,
      authorizer,
      keys,
      identify,
      ...(dev
        ? {
            trustAnyone: (accessKeyId = "", region: string, sessionToken?: string) => {
              // Nodes, users and sessions are who they are: the machines of the pool belong to no account.
              const known = this.#holderOf(identify, { accessKeyId, sessionToken, region })
              if (known !== undefined) return known
              const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : firstAccount
              return rootPrincipal({ account, region }, accessKeyId)
            },
          }
        : {}),
    }
    this.#registry = registryOver(options, this.#blobs, this.#upstream)
    return frontDoor(options)
  }

  #holderOf(identify: Identify, key: SentKey): Principal | undefined {
    const found = this.store.attempt(INSTALLATION, (tx) => identify(tx, key))
    return found.ok && found.value !== undefined && found.value !== "expired" ? found.value.principal : undefined
  }

  /** The registry's requests are counted beside the services'. */
  #requestMetrics(): FrontDoorMetrics | undefined {
    const [door, traffic] = [this.#door?.metrics(), this.#registry?.traffic]
    if (door === undefined || traffic === undefined) return door
    const { inFlight, requests } = traffic
    return { ...door, inFlight: door.inFlight + inFlight, requests: [...door.requests, ...requests] }
  }

  #metrics(): string {
    const { rss, heapUsed } = process.memoryUsage()
    return metricsText({
      frontDoor: this.#requestMetrics(),
      forwarded: this.#forwarder.inFlight,
      connections: this.#server.connections,
      leads: this.store.leads,
      storeVersion: this.store.version,
      storeBacklog: this.store.backlog,
      records: allTables.map((table) => ({ table: table.name, count: this.store.size(table) })),
      controllers: this.#controllers.status(),
      eventLoopDelay: this.#delay.sinceLastAsked(),
      residentBytes: rss,
      heapBytes: heapUsed,
      uptimeSeconds: process.uptime(),
    })
  }
}

async function openLogEvents(events: FileEventStore, { logEvents }: DataDirectory): Promise<void> {
  try {
    await events.open()
  } catch (cause) {
    throw new Refusal(`Log events cannot be kept in ${logEvents}: ${(cause as Error).message}.`, undefined, { cause })
  }
}

async function openImages(blobs: FileBlobStore | S3BlobStore, place: string): Promise<void> {
  try {
    await blobs.open()
  } catch (cause) {
    throw new Refusal(`Images cannot be kept in ${place}: ${(cause as Error).message}.`, undefined, { cause })
  }
}

const FORBIDDEN = { status: 403, headers: {}, body: "With --dev, pages from elsewhere are not let in.\n" }
