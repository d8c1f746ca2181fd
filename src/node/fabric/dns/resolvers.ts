import type { World } from "../../../world/world.ts"
import type { Names as PathNames } from "../../linux/names.ts"
import type { NamespaceThread } from "../../linux/namespaces/thread.ts"
import type { FabricRecords } from "../records.ts"
import { answersIn } from "./foreign.ts"
import { decodeQuery, encodeName, encodeResponse, NO_ERROR, type Query, SERVER_FAILURE } from "./message.ts"
import { type Names, namesOf } from "./names.ts"
import { resolve } from "./resolve.ts"
import { type DnsServer, openDnsServer, type Transport } from "./server.ts"
import { Upstream } from "./upstream.ts"

export interface ResolversParts {
  readonly world: Pick<World, "after" | "log" | "random">
  readonly thread: NamespaceThread
  readonly names: PathNames
  readonly upstreamResolvers?: (() => readonly string[]) | undefined
}

/** The resolvers of all VPCs on this machine: they answer from the records that are kept here, whether the region is there or not. */
export class Resolvers {
  readonly #parts: ResolversParts
  readonly #records: () => FabricRecords
  readonly #upstream: Upstream

  /** By VPC and address. */
  readonly #open = new Map<string, Map<string, DnsServer>>()
  readonly #known = new Map<string, Names>()

  constructor(parts: ResolversParts, records: () => FabricRecords) {
    this.#parts = parts
    this.#records = records
    this.#upstream = new Upstream(parts.world, parts.upstreamResolvers)
  }

  /** A socket holds its namespace: before a router goes, those in it are closed. */
  closeOthers(vpcIds: ReadonlySet<string>): void {
    this.#known.clear()
    for (const [vpcId, servers] of this.#open) {
      if (vpcIds.has(vpcId)) continue
      for (const server of servers.values()) server.close()
      this.#open.delete(vpcId)
    }
  }

  /** In routers that are there. */
  async open(wanted: ReadonlyMap<string, readonly string[]>): Promise<void> {
    for (const [vpcId, addresses] of wanted) {
      const servers = this.#open.get(vpcId) ?? new Map<string, DnsServer>()
      this.#open.set(vpcId, servers)
      for (const [address, server] of servers) {
        if (addresses.includes(address)) continue
        server.close()
        servers.delete(address)
      }
      for (const address of addresses) {
        if (!servers.has(address)) await this.#openOne(vpcId, address, servers)
      }
    }
  }

  close(): void {
    this.closeOthers(new Set())
  }

  async #openOne(vpcId: string, address: string, servers: Map<string, DnsServer>): Promise<void> {
    const { names, world } = this.#parts
    try {
      const respond = (query: Buffer, transport: Transport) => this.#respond(vpcId, query, transport)
      servers.set(address, await openDnsServer(this.#parts, names.routerPath(vpcId), address, respond))
    } catch (error) {
      world.log.warn("a resolver could not be opened", { vpcId, address, error })
    }
  }

  async #respond(vpcId: string, bytes: Buffer, transport: Transport): Promise<Buffer | undefined> {
    const query = decodeQuery(bytes)
    if (query === undefined) return undefined
    const sizeMax = transport === "stream" ? STREAM_SIZE_MAX : query.sizeMax
    const resolution = resolve(query.question, this.#names(vpcId))
    if (resolution.kind === "answered") return encodeResponse(query, resolution.code, resolution.answers, sizeMax)
    if (resolution.found.length === 0) {
      return (await this.#upstream.ask(bytes, transport)) ?? encodeResponse(query, SERVER_FAILURE, [], sizeMax)
    }
    // An alias that leads out: its own answer stands before that of the others.
    const own = encodeResponse(query, NO_ERROR, resolution.found, sizeMax)
    const rest = await this.#upstream.ask(questionFor(query, resolution.name), transport)
    return rest === undefined ? encodeResponse(query, SERVER_FAILURE, [], sizeMax) : joined(own, rest)
  }

  #names(vpcId: string): Names {
    const known = this.#known.get(vpcId) ?? namesOf(vpcId, this.#records())
    this.#known.set(vpcId, known)
    return known
  }
}

const STREAM_SIZE_MAX = 65_535

/** The same question for another name. */
function questionFor({ id, question }: Query, name: string): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(0x0100, 2)
  header.writeUInt16BE(1, 4)
  return Buffer.concat([header, encodeName(name), question.bytes.subarray(-4)])
}

/** One message with the answers of both. */
function joined(own: Buffer, rest: Buffer): Buffer {
  const answers = answersIn(rest)
  const message = Buffer.concat([own, ...answers])
  message.writeUInt16BE(own.readUInt16BE(6) + answers.length, 6)
  return message
}
