import { gunzipSync } from "node:zlib"
import { AssertionError } from "../base/assert.ts"
import { INSTALLATION, regionScope } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import type { Tx } from "../store/transaction.ts"
import { newUuid } from "../world/ids.ts"
import type { World } from "../world/world.ts"
import { Admission } from "./admission.ts"
import { partitionOf } from "./arn.ts"
import { type Authorization, assertAuthorized, OperationCall } from "./call.ts"
import { CommonFault } from "./common-fault.ts"
import { Fault } from "./fault.ts"
import { formAction } from "./form-action.ts"
import { asStream, type Body, collect, type HttpRequest, type HttpResponse } from "./http.ts"
import { type LoadedService, loadProtocol, ServiceLoader, unknownOperation } from "./loaded-service.ts"
import { type Caller, type Flow, isFlow, type Plain } from "./operations.ts"
import { type PageTokens, pageTokens } from "./page.ts"
import type { Authorizer, Principal } from "./principal.ts"
import type { OperationShape, Protocol, ProtocolName, ResponseContext } from "./protocols/protocol.ts"
import { Router } from "./route.ts"
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

export interface FrontDoorOptions {
  readonly world: World
  readonly store: Store
  readonly services: readonly Service[]

  /** The secret and the principal behind an access key; undefined when there is no such key. */
  readonly identify: (tx: Tx, accessKeyId: string, sessionToken: string | undefined) => KeyHolder | undefined
  readonly authorizer: Authorizer

  /** Authenticates paging tokens; the same on every replica and after every restart. */
  readonly pageKey: Uint8Array

  /** Set where any credentials are good enough: whom a request with this access key id is taken to be from. */
  readonly trustAnyone?: (accessKeyId: string | undefined) => Principal
}

export interface KeyHolder {
  readonly secret: string
  readonly principal: Principal
}

export interface FrontDoor {
  handle(request: HttpRequest): Promise<HttpResponse>
  metrics(): FrontDoorMetrics
}

export interface FrontDoorMetrics {
  readonly inFlight: number

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

const GATHERED_BYTES_MAX = 512 * 2 ** 20

type Signed = Pick<SignedRequest<Principal>, "principal" | "region" | "body">

/** What is known of a request so far; filled in on its way through the door. */
interface Passage {
  readonly requestId: string
  protocolName: ProtocolName
  service: Service | undefined
  shape: OperationShape | undefined
  operation: string
  account: string | undefined
}

class Door implements FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #router: Router
  readonly #loader = new ServiceLoader()
  readonly #protocols = new Map<ProtocolName, Protocol>()
  readonly #admission = new Admission()
  readonly #signingKeys = new SigningKeys()
  readonly #pages: PageTokens
  #gathering = 0
  readonly #counts = new Map<string, { service: string; operation: string; status: number; count: number }>()

  constructor(options: FrontDoorOptions) {
    this.#options = options
    this.#router = new Router(options.services)
    this.#pages = pageTokens(options.pageKey)
  }

  metrics(): FrontDoorMetrics {
    return { inFlight: this.#admission.inFlight, requests: [...this.#counts.values()] }
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const passage: Passage = {
      requestId: newUuid(this.#options.world.random),
      protocolName: "awsJson1_1",
      service: undefined,
      shape: undefined,
      operation: "",
      account: undefined,
    }
    if (!this.#admission.enter()) return this.#refusal(request, passage, busy())
    let response: HttpResponse
    try {
      response = await this.#answer(request, passage)
    } catch (error) {
      response = await this.#refusal(request, passage, this.#faultFor(error, passage))
    }
    // Nobody else can have taken over while this was being worked out; else the answer may be an old one.
    if (!this.#options.store.mayAnswer()) response = await this.#refusal(request, passage, busy())
    this.#count(passage, response.status)
    const { body } = response
    if (typeof body === "string" || body instanceof Uint8Array) {
      this.#admission.leave(passage.account)
      return response
    }
    return { ...response, body: untilOver(body, request.signal, () => this.#admission.leave(passage.account)) }
  }

  async #answer(request: HttpRequest, passage: Passage): Promise<HttpResponse> {
    const scope = credentialScope(request)
    const route = this.#router.route(request, scope?.service)
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
    const family = familyOf(route.protocol, route.service)
    const streams = streamsIn(passage.shape)
    const arrives = streams && !needsWholeBody(request, family)
    const body = arrives ? request.body : await this.#wholeBody(request, route.service)
    const signed = this.#verify(request, body, scope, route.service, family, streams)
    this.#admission.enterAccount(signed.principal.account)
    passage.account = signed.principal.account

    if (isForm(route.protocol)) {
      const { action, version } = formAction(request, signed.body)
      const service = this.#router.queryService(route.service, version)
      if (service !== route.service) {
        passage.service = service
        loaded = await this.#loader.load(service)
      }
      passage.operation = action
      passage.shape = loaded.operation(action)
    }
    const operation = this.#operationOf(loaded, passage)
    const sent = streams ? asStream(signed.body) : unpacked(request, signed.body as Uint8Array, loaded.service)
    const input = protocol.readInput(passage.shape!, request, sent)
    const caller = this.#callerOf(signed, passage)
    const output = isFlow(operation)
      ? await this.#runFlow(operation, caller, input, loaded.service, request.signal)
      : await this.#runPlain(operation, caller, input, loaded.service)
    return protocol.writeOutput(passage.shape!, output, responseContext(request, passage))
  }

  /** A plain operation is one transaction; its answer waits until all that it changed and all that it saw is durable. */
  async #runPlain(operation: Plain, caller: Caller, input: object, service: Service): Promise<Record<string, unknown>> {
    const authorization: Authorization = { given: false }
    const { store, authorizer } = this.#options
    const outcome = store.attempt(regionScope(caller.account, caller.region), (tx) => {
      const output = operation(new OperationCall(caller, tx, service, authorizer, authorization), input as never)
      assertAuthorized(authorization, caller)
      return output
    })
    if (!store.isDurable(outcome.version)) await store.whenDurable(outcome.version)
    if (outcome.ok) return outcome.value as Record<string, unknown>
    throw outcome.error
  }

  async #runFlow(
    operation: Flow,
    caller: Caller,
    input: object,
    service: Service,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const authorization: Authorization = { given: false }
    const { store, authorizer, world } = this.#options
    const output = await operation.run(
      {
        ...caller,
        world,
        signal,
        transact: async (work) => {
          const outcome = store.attempt(regionScope(caller.account, caller.region), (tx) =>
            work(new OperationCall(caller, tx, service, authorizer, authorization)),
          )
          if (!store.isDurable(outcome.version)) await store.whenDurable(outcome.version)
          if (outcome.ok) return outcome.value
          throw outcome.error
        },
      },
      input as never,
    )
    assertAuthorized(authorization, caller)
    return output as Record<string, unknown>
  }

  #verify(
    request: HttpRequest,
    body: Body,
    scope: CredentialScope | undefined,
    service: Service,
    family: SignatureFamily,
    takesStream: boolean,
  ): Signed {
    const { trustAnyone, store, identify, world } = this.#options
    if (trustAnyone !== undefined) {
      const taken = takesStream ? unverifiedStream(request, body, family) : body
      return { principal: trustAnyone(scope?.accessKeyId), region: regionIn(scope), body: taken }
    }
    return verifySignature(request, body, {
      now: world.now(),
      family,
      takesStream,
      service: service.signingName,
      signingKeys: this.#signingKeys,
      findKey: (id, sessionToken) => store.transact(INSTALLATION, (tx) => identify(tx, id, sessionToken)),
    })
  }

  #callerOf({ principal, region }: Signed, { requestId, operation }: Passage): Caller {
    const { world } = this.#options
    return {
      account: principal.account,
      region,
      partition: partitionOf(region),
      principal,
      requestId,
      operation,
      now: world.now(),
      random: world.random,
      pages: this.#pages,
    }
  }

  #operationOf({ service }: LoadedService, { operation, shape }: Passage): Plain | Flow {
    const found = Object.hasOwn(service.operations, operation) ? service.operations[operation] : undefined
    if (shape === undefined || found === undefined) throw unknownOperation(service, operation, shape !== undefined)
    return found
  }

  async #wholeBody({ body }: HttpRequest, { bodyBytesMax }: Service): Promise<Uint8Array> {
    if (body instanceof Uint8Array && body.length <= bodyBytesMax) return body
    // Nobody has been asked who they are yet: what strangers may put into memory together has a bound of its own.
    if (this.#gathering + bodyBytesMax > GATHERED_BYTES_MAX) throw busy()
    this.#gathering += bodyBytesMax
    try {
      const whole = await collect(body, bodyBytesMax)
      if (whole !== undefined) return whole
    } finally {
      this.#gathering -= bodyBytesMax
    }
    throw new CommonFault("tooLarge", `The request is larger than ${bodyBytesMax} bytes.`)
  }

  async #loadProtocol(name: ProtocolName): Promise<Protocol> {
    const protocol = await loadProtocol(name)
    this.#protocols.set(name, protocol)
    return protocol
  }

  /** The caller's mistakes go out as they are; ours are logged, and the caller learns no more than that they are ours. */
  #faultFor(error: unknown, { requestId, service, operation }: Passage): Fault {
    if (error instanceof Fault) return error
    if (!this.#options.store.mayAnswer()) return busy()
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
    const told = fault instanceof CommonFault ? fault.inWordsOf(familyOf(protocolName, service)) : fault
    return protocol.writeFault(told, shape, responseContext(request, passage))
  }

  #count({ service, operation, shape }: Passage, status: number): void {
    // Only names that AWS knows become labels: callers must not be able to fill the memory with others.
    const name = shape === undefined ? "" : operation
    const key = `${service?.name ?? ""} ${name} ${status}`
    const counted = this.#counts.get(key)
    if (counted !== undefined) counted.count += 1
    else this.#counts.set(key, { service: service?.name ?? "", operation: name, status, count: 1 })
  }
}

/** A stream that tells when it is over, however it ends: read to its end, broken off, or never read at all. */
function untilOver(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  over: () => void,
): AsyncIterable<Uint8Array> {
  let told = false
  const tell = () => {
    if (told) return
    told = true
    signal.removeEventListener("abort", tell)
    over()
  }
  if (signal.aborted) tell()
  else signal.addEventListener("abort", tell)
  return {
    [Symbol.asyncIterator]() {
      const iterator = stream[Symbol.asyncIterator]()
      return {
        async next() {
          try {
            const result = await iterator.next()
            if (result.done) tell()
            return result
          } catch (error) {
            tell()
            throw error
          }
        },
        async return() {
          tell()
          await iterator.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
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

/** Some clients compress their larger requests; the signature is over what they sent. */
function unpacked({ headers }: HttpRequest, body: Uint8Array, { bodyBytesMax }: Service): Uint8Array {
  if (headers["content-encoding"] !== "gzip") return body
  try {
    return gunzipSync(body, { maxOutputLength: bodyBytesMax })
  } catch {
    throw new CommonFault("malformedBody", `The body is not gzip, or larger than ${bodyBytesMax} bytes.`)
  }
}

/** The region that an unverified scope names, if what it says can be one: regions become names of ours. */
function regionIn(scope: CredentialScope | undefined): string {
  return scope !== undefined && /^[a-z0-9-]{1,64}$/.test(scope.region) ? scope.region : "us-east-1"
}

function isForm(protocol: ProtocolName): boolean {
  return protocol === "awsQuery" || protocol === "ec2Query"
}

function familyOf(protocol: ProtocolName, service: Service | undefined): SignatureFamily {
  return signatureFamily(protocol, service?.signingName ?? "")
}
