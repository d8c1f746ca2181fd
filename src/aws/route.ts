import { CommonFault } from "./common-fault.ts"
import type { HttpRequest } from "./http.ts"
import { type ProtocolName, speaksForms } from "./protocols/protocol.ts"
import type { Service } from "./service.ts"

/** What a request says of itself before its body is read: the service, the wire protocol and, where a header tells, the operation. */
export interface Route {
  readonly service: Service
  readonly protocol: ProtocolName

  /** Undefined where the body (query protocols) or the path (REST) will tell. */
  readonly operation: string | undefined
}

/** A request for something that is not here: the refusal, in the protocol that the client will understand. */
export interface NoRoute {
  readonly fault: CommonFault
  readonly protocol: ProtocolName
}

/**
 * Finds the service of a request. One port serves all: the signature's credential scope names the service, and where
 * there is no signature, the target header, the query version or the host name does.
 */
export class Router {
  readonly #services: readonly Service[]
  readonly #bySigningName = new Map<string, Service[]>()
  readonly #byTarget = new Map<string, Service>()
  readonly #byHost = new Map<string, Service>()

  constructor(services: readonly Service[]) {
    this.#services = services
    for (const service of services) {
      this.#bySigningName.set(service.signingName, [...(this.#bySigningName.get(service.signingName) ?? []), service])
      if (service.targetPrefix !== undefined) this.#byTarget.set(service.targetPrefix, service)
      for (const host of service.hosts) this.#byHost.set(host, service)
    }
  }

  route(request: HttpRequest, signedFor: string | undefined): Route | NoRoute {
    const { headers } = request
    if (headers["smithy-protocol"] === "rpc-v2-cbor") return this.#cbor(request, signedFor)
    const target = headers["x-amz-target"]
    if (target !== undefined) return this.#json(target, headers["content-type"] ?? "")
    if (isForm(request)) return this.#query(request, signedFor)
    return this.#rest(request, signedFor)
  }

  /** For a form that is not signed, whose version is in the body. */
  routeByVersion(version: string | undefined): Route | NoRoute {
    const service = this.#ofVersion(version)
    const protocol = service?.protocols.find(speaksForms)
    if (service === undefined || protocol === undefined) return { protocol: "awsQuery", fault: noService("(unsigned)") }
    return { service, protocol, operation: undefined }
  }

  /** Services that share a signing name are told apart by the version that their query requests name. */
  queryService(candidate: Service, version: string | undefined): Service {
    const others = this.#bySigningName.get(candidate.signingName) ?? []
    return others.find((service) => service.queryVersion === version) ?? candidate
  }

  #json(target: string, contentType: string): Route | NoRoute {
    const protocol = contentType.includes("json-1.0") ? "awsJson1_0" : "awsJson1_1"
    const dot = target.lastIndexOf(".")
    const service = this.#byTarget.get(target.slice(0, Math.max(0, dot)))
    if (service === undefined || !service.protocols.some((name) => name.startsWith("awsJson"))) {
      return { protocol, fault: noService(target) }
    }
    return { service, protocol, operation: target.slice(dot + 1) }
  }

  #cbor({ path }: HttpRequest, signedFor: string | undefined): Route | NoRoute {
    const protocol = "rpcv2Cbor"
    const [, , shape = "", , operation] = path.split("/")
    const service = this.#byTarget.get(shape) ?? this.#signed(signedFor, protocol)
    if (service === undefined || !service.protocols.includes(protocol)) return { protocol, fault: noService(shape) }
    return { service, protocol, operation }
  }

  #query({ query, headers }: HttpRequest, signedFor: string | undefined): Route | NoRoute {
    const version = new URLSearchParams(query).get("Version") ?? undefined
    const service =
      this.#signed(signedFor, "awsQuery") ??
      this.#signed(signedFor, "ec2Query") ??
      (signedFor === undefined ? (this.#atHost(headers.host) ?? this.#ofVersion(version)) : undefined)
    const protocol = service?.protocols.find(speaksForms)
    if (service === undefined || protocol === undefined)
      return { protocol: "awsQuery", fault: noService(signedFor ?? "(unsigned)") }
    return { service, protocol, operation: undefined }
  }

  #rest({ headers }: HttpRequest, signedFor: string | undefined): Route | NoRoute {
    const service = signedFor === undefined ? this.#atHost(headers.host) : this.#bySigningName.get(signedFor)?.[0]
    if (service === undefined) {
      const protocol = headers["content-type"]?.includes("xml") ? "restXml" : "restJson1"
      return { protocol, fault: noService(signedFor ?? headers.host ?? "(none)") }
    }
    const protocol = service.protocols.find((name) => name.startsWith("rest"))
    if (protocol === undefined) return { protocol: service.protocols[0]!, fault: noOperationNamed() }
    return { service, protocol, operation: undefined }
  }

  #signed(signedFor: string | undefined, protocol: ProtocolName): Service | undefined {
    if (signedFor === undefined) return undefined
    return this.#bySigningName.get(signedFor)?.find((service) => service.protocols.includes(protocol))
  }

  #atHost(host = ""): Service | undefined {
    return this.#byHost.get(host.split(".", 1)[0]!)
  }

  #ofVersion(version: string | undefined): Service | undefined {
    return this.#services.find((service) => service.queryVersion !== undefined && service.queryVersion === version)
  }
}

export function isForm({ headers, method, query }: HttpRequest): boolean {
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return true
  return method === "GET" && query.split("&").some((part) => part.startsWith("Action="))
}

function noService(name: string): CommonFault {
  return new CommonFault("unknownOperation", `Homeport does not have the service ${shortened(name)}.`)
}

function noOperationNamed(): CommonFault {
  return new CommonFault("unknownOperation", "The request names no operation.")
}

/** What a caller made up is told back to it, but not at any length. */
export function shortened(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name
}
