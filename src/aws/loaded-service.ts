import { CommonFault } from "./common-fault.ts"
import type { Headers, HttpRequest } from "./http.ts"
import { serviceShape } from "./protocols/operation-shape.ts"
import { type OperationShape, type Protocol, type ProtocolName, speaksForms } from "./protocols/protocol.ts"
import { addressPattern } from "./protocols/request-line.ts"
import { requiredNames } from "./protocols/required.ts"
import type { UriPattern } from "./protocols/uri-pattern.ts"
import { shortened } from "./route.ts"
import type { Service } from "./service.ts"

/** A service whose SDK has been loaded: its operations' shapes and, for REST protocols, their addresses. */
export interface LoadedService {
  readonly service: Service

  /** Undefined for a name that AWS does not have either. */
  operation(name: string): OperationShape | undefined

  /** The operation at a method and path. */
  operationAt(request: HttpRequest): OperationShape | undefined
}

/** Loads services at their first request, each once. */
export class ServiceLoader {
  readonly #loaded = new Map<Service, LoadedService | Promise<LoadedService>>()

  /** A promise only the first time, so that a request for a loaded service does not wait a turn. */
  load(service: Service): LoadedService | Promise<LoadedService> {
    const known = this.#loaded.get(service)
    if (known !== undefined) return known
    const loading = this.#fromSdk(service)
    this.#loaded.set(service, loading)
    return loading
  }

  async #fromSdk(service: Service): Promise<LoadedService> {
    try {
      const loaded = loadedService(service, await service.sdk())
      this.#loaded.set(service, loaded)
      return loaded
    } catch (error) {
      // The next request tries again: what was wrong with the disk may have passed.
      this.#loaded.delete(service)
      throw error
    }
  }
}

interface Address {
  readonly method: string
  readonly pattern: UriPattern
  readonly operation: OperationShape

  /** Headers and query parameters that its input cannot do without. */
  readonly headers: readonly string[]
  readonly parameters: readonly string[]

  /** How many characters of the pattern are literal: of two that match, the more literal one is meant. */
  readonly precision: number
}

function loadedService(service: Service, sdk: object): LoadedService {
  const shapes = serviceShape(sdk, service)
  let addresses: Address[] | undefined

  return {
    service,
    operation: (name) => shapes.operation(name),
    operationAt({ method, path, query, headers }) {
      addresses ??= shapes.operationNames
        .flatMap((name) => addressOf(shapes.operation(name)!))
        .sort((a, b) => b.precision - a.precision || needsOf(b) - needsOf(a))
      // Signers take such segments out before they sign, so what is left of the path is not what was asked for.
      if (path.split("/").some((segment) => segment === "." || segment === "..") && service.signingName !== "s3")
        return undefined
      const parameters = new URLSearchParams(query)
      return addresses.find(
        (address) =>
          address.method === method &&
          [...address.pattern.literals].every(([name, value]) => {
            return name === HINT ? isMeant(address, parameters, headers) : parameters.get(name) === value
          }) &&
          address.pattern.match(path) !== undefined,
      )?.operation
    },
  }
}

/**
 * S3 has several operations at one address. Some clients say by a parameter which they mean; of the others' requests the
 * operation is meant that has all it needs, and needs the most.
 */
function isMeant({ operation, ...needs }: Address, parameters: URLSearchParams, headers: Headers): boolean {
  const hint = parameters.get(HINT)
  if (hint !== null) return hint === operation.name
  return needs.parameters.every((name) => parameters.has(name)) && needs.headers.every((name) => name in headers)
}

const HINT = "x-id"

function needsOf({ headers, parameters }: Address): number {
  return headers.length + parameters.length
}

function addressOf(operation: OperationShape): Address[] {
  if (operation.http === undefined) return []
  const [method, uri] = operation.http
  const { input } = operation
  const required = input.isStructSchema() ? new Set(requiredNames(input)) : new Set()
  const traits = (input.isStructSchema() ? [...input.structIterator()] : []).flatMap(([name, member]) =>
    required.has(name) ? [member.getMergedTraits()] : [],
  )
  return [
    {
      method,
      pattern: addressPattern(operation),
      operation,
      headers: traits.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []),
      parameters: traits.flatMap(({ httpQuery }) => httpQuery ?? []),
      precision: uri.replaceAll(/\{[^}]*\}|[?&]x-id=\w+/g, "").length,
    },
  ]
}

/** Protocols are loaded as they are needed: most installations speak two or three. */
export async function loadProtocol(name: ProtocolName): Promise<Protocol> {
  switch (name) {
    case "awsJson1_0":
      return (await import("./protocols/json.ts")).awsJson1_0
    case "awsJson1_1":
      return (await import("./protocols/json.ts")).awsJson1_1
    case "awsQuery":
      return (await import("./protocols/query.ts")).awsQuery
    case "ec2Query":
      return (await import("./protocols/ec2-query.ts")).ec2Query
    case "restJson1":
      return (await import("./protocols/rest-json.ts")).restJson1
    case "restXml":
      return (await import("./protocols/rest-xml.ts")).restXml
    case "rpcv2Cbor":
      return (await import("./protocols/cbor.ts")).rpcv2Cbor
  }
}

/** What to say of an operation that is not there: whether AWS has it tells a typing error from what Homeport lacks. */
export function unknownOperation(
  { name: service, protocols }: Service,
  operation: string,
  isAwsOperation: boolean,
): CommonFault {
  const shown = shortened(operation)
  if (isAwsOperation) return new CommonFault("notHereYet", `Homeport does not have ${service}:${shown} yet.`)
  const isQuery = speaksForms(protocols[0]!)
  const sentence = isQuery
    ? `The action ${shown} is not valid for this web service.`
    : `${service} has no operation ${shown}.`
  return new CommonFault("unknownOperation", sentence)
}
