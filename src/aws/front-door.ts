import { AssertionError } from "../base/assert.ts"
import { INSTALLATION } from "../store/changes.ts"
import type { Tx } from "../store/transaction.ts"
import { newUuid } from "../world/ids.ts"
import { AddressRate } from "./address-rate.ts"
import { Admission } from "./admission.ts"
import { answerStream } from "./answer-stream.ts"
import { partitionOf } from "./arn.ts"
import { CommonFault } from "./common-fault.ts"
import { Fault } from "./fault.ts"
import { formAction } from "./form-action.ts"
import { Gathering, unpacked } from "./gathering.ts"
import { asStream, type Body, type HttpRequest, type HttpResponse, NO_BODY, originOf } from "./http.ts"
import type { Keys } from "./keys.ts"
import { type LoadedService, loadProtocol, ServiceLoader, unknownOperation } from "./loaded-service.ts"
import { OpenSockets } from "./open-sockets.ts"
import type { Caller, Flow, Plain } from "./operations.ts"
import { type PageTokens, pageTokens } from "./page.ts"
import { ANYBODY, type Principal } from "./principal.ts"
import {
  type OperationShape,
  type Protocol,
  type ProtocolName,
  type ResponseContext,
  speaksForms,
} from "./protocols/protocol.ts"
import { isForm, Router } from "./route.ts"
import { type RunnerOptions, runCall, runOperation } from "./run.ts"
import type { Service } from "./service.ts"
import {
  type CredentialScope,
  credentialScope,
  needsWholeBody,
  type SignedRequest,
  SigningKeys,
  unverifiedStream,
  verifySignature,
} from "./signature.ts"
import { type SignatureFamily, signatureFamily } from "./signature-faults.ts"
import type { Socket, SocketEndpoint } from "./socket.ts"

export interface FrontDoorOptions extends RunnerOptions {
  readonly services: readonly Service[]

  /** The secret and the principal behind an access key; undefined when there is no such key. */
  readonly identify: (tx: Tx, key: SentKey) => KeyHolder | "expired" | undefined

  readonly keys: Keys

  /** Set where any credentials are good enough: whom a request with this access key id, and token, is taken to be from. */
  readonly trustAnyone?: (accessKeyId: string | undefined, region: string, sessionToken?: string) => Principal
}

export interface SentKey {
  readonly accessKeyId: string
  readonly sessionToken: string | undefined

  /** The region that the request is signed for; a principal's ARN is of that region's partition. */
  readonly region: string
}

export interface KeyHolder {
  readonly secret: string
  readonly principal: Principal
}

export interface FrontDoor {
  handle(request: HttpRequest): Promise<HttpResponse>

  /**
   * Answers a request for a connection that stays: with a refusal, with what takes the connection, or with nothing where
   * no service has one at the request's path.
   */
  upgrade(request: HttpRequest): Promise<HttpResponse | Upgrade | undefined>

  /** Ends the connections that stay, and takes no more of them. */
  endSockets(): void
  metrics(): FrontDoorMetrics
}

/** A connection that may be made. Nothing is lost if it never is. */
export interface Upgrade {
  take(socket: Socket): void
}

export interface FrontDoorMetrics {
  readonly inFlight: number

  /** Connections that stay. */
  readonly sockets: number

  /** Counts by service, operation and status. */
  readonly requests: readonly {
    readonly service: string
    readonly operation: string
    readonly status: number
    readonly count: number
  }[]
}

/** The one way in: a function from request to response. The HTTP server calls it, and so do tests. */
export function frontDoor(options: FrontDoorOptions): FrontDoor {
  return new Door(options)
}

type Signed = Pick<SignedRequest<Principal>, "principal" | "region" | "body">

/** What is known of a request so far; filled in on its way through the door. */
interface Passage {
  readonly requestId: string
  protocolName: ProtocolName
  service: Service | undefined
  shape: OperationShape | undefined
  operation: string
  account: string | undefined

  /** The newest version that anything read for the answer was written at; it must be durable before the answer leaves. */
  version: number
}

class Door implements FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #router: Router
  readonly #loader = new ServiceLoader()
  readonly #protocols = new Map<ProtocolName, Protocol>()
  readonly #admission = new Admission()
  readonly #gathering = new Gathering()
  readonly #signingKeys = new SigningKeys()
  readonly #strangers: AddressRate
  readonly #pages: PageTokens
  readonly #endpoints = new Map<string, { readonly service: Service; readonly endpoint: SocketEndpoint }>()
  readonly #sockets = new OpenSockets()
  readonly #counts = new Map<string, { service: string; operation: string; status: number; count: number }>()

  constructor(options: FrontDoorOptions) {
    this.#options = options
    this.#router = new Router(options.services)
    this.#strangers = new AddressRate(options.world)
    this.#pages = pageTokens(options.keys.derive("page-tokens/v1"))
    for (const service of options.services) {
      for (const [path, endpoint] of Object.entries(service.sockets?.(options) ?? {})) {
        this.#endpoints.set(path, { service, endpoint })
      }
    }
    void options.store.lost.then(() => this.endSockets())
  }

  metrics(): FrontDoorMetrics {
    const { inFlight } = this.#admission
    return { inFlight, sockets: this.#sockets.size, requests: [...this.#counts.values()] }
  }

  endSockets(): void {
    this.#sockets.end()
  }

  async upgrade(request: HttpRequest): Promise<HttpResponse | Upgrade | undefined> {
    const found = this.#endpoints.get(request.path)
    if (found === undefined) return undefined
    const { service, endpoint } = found
    const passage = { ...this.#passage(), service, operation: endpoint.operation }
    let outcome: Upgrade | Fault
    try {
      outcome = this.#open(request, found, passage)
    } catch (error) {
      outcome = this.#faultFor(error, request, passage)
    }
    const { store } = this.#options
    if (!store.isDurable(passage.version)) await this.#untilDurable(passage)
    if (!store.mayAnswer()) outcome = busy()
    const status = outcome instanceof Fault ? (outcome.status ?? 400) : SWITCHING
    this.#countAs(service.name, endpoint.operation, status)
    if (!(outcome instanceof Fault)) return outcome
    const headers = { "content-type": "application/json", "x-amzn-requestid": passage.requestId }
    return { status, headers, body: endpoint.refusal(outcome) }
  }

  #open(
    request: HttpRequest,
    { service, endpoint }: { readonly service: Service; readonly endpoint: SocketEndpoint },
    passage: Passage,
  ): Upgrade {
    const scope = credentialScope(request)
    const family = signatureFamily(passage.protocolName, service.signingName)
    const signed = this.#verify(request, NO_BODY, { scope, service, family, takesStream: false }, passage)
    const { account } = signed.principal
    if (!this.#sockets.hasRoomFor(account)) throw new CommonFault("throttled", "Rate exceeded")
    if (this.#options.store.isBehind) throw busy()
    const caller = this.#callerOf(request, signed, service, passage)
    const parameters = new URLSearchParams(request.query)
    const run = runCall(this.#options, caller, (call) => endpoint.open(call, parameters))
    passage.version = Math.max(passage.version, run.version)
    const take = run.output()
    return { take: (socket) => this.#sockets.hold(socket, account, take) }
  }

  #passage(): Passage {
    return {
      requestId: newUuid(this.#options.world.random),
      protocolName: "awsJson1_1",
      service: undefined,
      shape: undefined,
      operation: "",
      account: undefined,
      version: 0,
    }
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const passage = this.#passage()
    if (!this.#admission.enter()) return this.#refusal(request, passage, busy())
    const leave = () => this.#admission.leave(passage.account)
    let response: HttpResponse
    try {
      response = await this.#durableAnswer(request, passage)
    } catch (error) {
      leave()
      throw error
    }
    this.#count(passage, response.status)
    const { body } = response
    if (typeof body === "string" || body instanceof Uint8Array) {
      leave()
      return response
    }
    const { store } = this.#options
    const { signal } = request
    return { ...response, body: answerStream(body, { signal, mayAnswer: () => store.mayAnswer(), over: leave }) }
  }

  /** An answer or a refusal, once all that it says is durable, and only if nobody else can have taken over meanwhile. */
  async #durableAnswer(request: HttpRequest, passage: Passage): Promise<HttpResponse> {
    const { store } = this.#options
    let response: HttpResponse
    try {
      response = await this.#answer(request, passage)
    } catch (error) {
      response = await this.#refusal(request, passage, this.#faultFor(error, request, passage))
    }
    if (!store.isDurable(passage.version)) await this.#untilDurable(passage)
    return store.mayAnswer() ? response : this.#refusal(request, passage, busy())
  }

  /** Also returns when that will never be known: the store may not answer then, and whoever asks it next hears so. */
  async #untilDurable({ version }: Passage): Promise<void> {
    await this.#options.store.whenDurable(version).catch(() => {})
  }

  async #answer(received: HttpRequest, passage: Passage): Promise<HttpResponse> {
    const scope = credentialScope(received)
    const atOnce = this.#router.route(received, scope?.service)
    const isForBody = "fault" in atOnce && saysNothingButInBody(received)
    const request = isForBody
      ? { ...received, body: await this.#gathering.whole(received.body, FORM_BYTES_MAX) }
      : received
    const route = isForBody ? this.#router.routeByVersion(formAction(request, request.body).version) : atOnce
    passage.protocolName = route.protocol
    if ("fault" in route) throw route.fault
    passage.service = route.service
    if (route.operation !== undefined) passage.operation = route.operation

    const loading = this.#loader.load(route.service)
    let loaded = loading instanceof Promise ? await loading : loading
    const protocol = this.#protocols.get(route.protocol) ?? (await this.#loadProtocol(route.protocol))

    // Where the address tells the operation, it is known before the body is read: a body that streams stays a stream.
    if (route.protocol.startsWith("rest")) {
      passage.shape = loaded.operationAt(request)
      passage.operation = passage.shape?.name ?? `${request.method} ${request.path}`
    } else if (route.operation !== undefined) {
      passage.shape = loaded.operation(route.operation)
    }
    const family = signatureFamily(route.protocol, route.service.signingName)
    const takesStream = streamsIn(passage.shape)
    const arrives = takesStream && !needsWholeBody(request, family)
    const gathered = arrives ? request.body : this.#gathering.whole(request.body, route.service.bodyBytesMax)
    const body = gathered instanceof Promise ? await gathered : gathered
    const signed =
      this.#unsigned(request, body, scope, route.service) ??
      this.#verify(request, body, { scope, service: route.service, family, takesStream }, passage)
    this.#admission.enterAccount(signed.principal.account)
    passage.account = signed.principal.account
    if (this.#options.store.isBehind) throw busy()

    const sent = takesStream
      ? asStream(signed.body)
      : unpacked(request, signed.body as Uint8Array, route.service.bodyBytesMax)
    if (speaksForms(route.protocol)) {
      const { action, version } = formAction(request, sent as Uint8Array)
      const service = this.#router.queryService(route.service, version)
      if (service !== route.service) {
        passage.service = service
        loaded = await this.#loader.load(service)
      }
      passage.operation = action
      passage.shape = loaded.operation(action)
    }
    const operation = operationOf(loaded, passage)
    const input = protocol.readInput(passage.shape!, request, sent)
    const caller = this.#callerOf(request, signed, loaded.service, passage)
    const running = runOperation(this.#options, operation, caller, input, request.signal)
    const run = running instanceof Promise ? await running : running
    passage.version = Math.max(passage.version, run.version)
    return protocol.writeOutput(passage.shape!, run.output(), responseContext(request, passage))
  }

  /** Lets in who need not sign, which only operations that are asked for by a form have; an address at a time asks only so much. */
  #unsigned(
    request: HttpRequest,
    body: Body,
    scope: CredentialScope | undefined,
    service: Service,
  ): Signed | undefined {
    if (service.unsigned === undefined || scope !== undefined || request.headers.authorization !== undefined) {
      return undefined
    }
    // What the operation will be is read from what was packed: the wrapping may look like another one.
    const sent = unpacked(request, body as Uint8Array, FORM_BYTES_MAX)
    if (!service.unsigned.includes(formAction(request, sent).action)) return undefined
    if (!this.#strangers.admit(request.sourceIp)) throw new CommonFault("throttled", "Rate exceeded")
    return { principal: ANYBODY, region: regionIn(scope), body }
  }

  #verify(
    request: HttpRequest,
    body: Body,
    { scope, service, family, takesStream }: Signing,
    passage: Passage,
  ): Signed {
    const { trustAnyone, store, identify, world } = this.#options
    if (trustAnyone !== undefined) {
      const taken = takesStream ? unverifiedStream(request, body, family) : body
      const region = regionIn(scope)
      const principal = trustAnyone(scope?.accessKeyId, region, request.headers["x-amz-security-token"])
      return { principal, region, body: taken }
    }
    return verifySignature(request, body, {
      now: world.now(),
      family,
      takesStream,
      service: service.signingName,
      signingKeys: this.#signingKeys,
      findKey(accessKeyId, sessionToken) {
        const region = scope?.region ?? ""
        const found = store.attempt(INSTALLATION, (tx) => identify(tx, { accessKeyId, sessionToken, region }))
        passage.version = Math.max(passage.version, found.version)
        if (found.ok) return found.value
        throw found.error
      },
    })
  }

  #callerOf(
    request: HttpRequest,
    { principal, region }: Signed,
    service: Service,
    { requestId, operation }: Passage,
  ): Caller {
    const { world, keys } = this.#options
    return {
      account: principal.account,
      region,
      partition: partitionOf(region),
      principal,
      requestId,
      origin: originOf(request),
      sourceIp: request.sourceIp,
      userAgent: request.headers["user-agent"],
      service: service.name,
      operation,
      action: `${service.name}:${service.actions?.[operation] ?? operation}`,
      now: world.now(),
      random: world.random,
      pages: this.#pages,
      keys,
    }
  }

  async #loadProtocol(name: ProtocolName): Promise<Protocol> {
    const protocol = await loadProtocol(name)
    this.#protocols.set(name, protocol)
    return protocol
  }

  /** The caller's mistakes go out as they are; ours are logged, and the caller learns no more than that they are ours. */
  #faultFor(error: unknown, { signal }: HttpRequest, { requestId, service, operation }: Passage): Fault {
    if (error instanceof Fault) return error
    // Whoever has gone away in the middle hears nothing, and nothing of ours went wrong.
    if (signal.aborted || !this.#options.store.mayAnswer()) return busy()
    const { log } = this.#options.world
    const kind = error instanceof AssertionError ? "something that must hold did not" : "an operation failed"
    log.error(kind, {
      requestId,
      service: service?.name,
      operation,
      error: error instanceof Error ? error.stack : String(error),
    })
    return new CommonFault("internal", "Homeport made a mistake; its log says more under this request's id.")
  }

  async #refusal(request: HttpRequest, passage: Passage, fault: Fault): Promise<HttpResponse> {
    const { protocolName, service, shape } = passage
    const protocol = this.#protocols.get(protocolName) ?? (await this.#loadProtocol(protocolName))
    const family = signatureFamily(protocolName, service?.signingName ?? "")
    const inWords = (told: Fault) => (told instanceof CommonFault ? told.inWordsOf(family) : told)
    const context = responseContext(request, passage)
    try {
      return protocol.writeFault(inWords(fault), shape, context)
    } catch (error) {
      // A fault whose members are not what its shape says cannot be written; that is our mistake, not the caller's.
      return protocol.writeFault(inWords(this.#faultFor(error, request, passage)), shape, context)
    }
  }

  #count({ service, operation, shape }: Passage, status: number): void {
    // Only names that AWS knows become labels: callers must not be able to fill the memory with others.
    this.#countAs(service?.name ?? "", shape === undefined ? "" : operation, status)
  }

  #countAs(service: string, operation: string, status: number): void {
    const key = `${service} ${operation} ${status}`
    const counted = this.#counts.get(key)
    if (counted !== undefined) counted.count += 1
    else this.#counts.set(key, { service, operation, status, count: 1 })
  }
}

/** Who signs nothing may name the service by the form's version alone, where the host is no name of the service's. */
function saysNothingButInBody(request: HttpRequest): boolean {
  return request.headers.authorization === undefined && request.method === "POST" && isForm(request)
}

const FORM_BYTES_MAX = 2 ** 16

/** The status of an upgrade that was granted. */
const SWITCHING = 101

interface Signing {
  readonly scope: CredentialScope | undefined
  readonly service: Service
  readonly family: SignatureFamily
  readonly takesStream: boolean
}

/** The region that an unverified scope names, if what it says can be one: regions become names of ours. */
function regionIn(scope: CredentialScope | undefined): string {
  return scope !== undefined && /^[a-z0-9-]{1,64}$/.test(scope.region) ? scope.region : "us-east-1"
}

function operationOf({ service }: LoadedService, { operation, shape }: Passage): Plain | Flow {
  const found = Object.hasOwn(service.operations, operation) ? service.operations[operation] : undefined
  if (shape === undefined || found === undefined) throw unknownOperation(service, operation, shape !== undefined)
  return found
}

function streamsIn(shape: OperationShape | undefined): boolean {
  if (shape === undefined || !shape.input.isStructSchema()) return false
  for (const [, member] of shape.input.structIterator()) if (member.isStreaming()) return true
  return false
}

function responseContext({ headers }: HttpRequest, { requestId }: Passage): ResponseContext {
  return headers["x-amzn-query-mode"] === "true" ? { requestId, isQueryMode: true } : { requestId }
}

function busy(): CommonFault {
  return new CommonFault("unavailable", "Homeport cannot answer right now. Try again.")
}
