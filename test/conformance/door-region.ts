import type { FrontDoor } from "../../src/aws/front-door.ts"
import { NO_BODY } from "../../src/aws/http.ts"
import type { Socket } from "../../src/aws/socket.ts"
import { type SocketPair, socketPair } from "../../src/aws/socket-pair.testing.ts"
import { answerOf, refusalOf } from "../../src/node/agent/link/http/answer.ts"
import { type AccessKey, signatureHeaders } from "../../src/node/agent/link/signature.ts"
import {
  type CallOptions,
  type JsonService,
  type Region,
  RegionError,
  type RegionSocket,
} from "../../src/node/region.ts"
import type { World } from "../../src/world/world.ts"

/** A node's way to a front door in the same process: signed as over the network, and nothing between. */
export class DoorRegion implements Region {
  readonly name = "us-east-1"
  readonly endpoint = "http://127.0.0.1:4566"

  /** The operations that were called, in order, with their inputs. */
  readonly calls: { readonly operation: string; readonly input: object }[] = []

  /** Where connections were asked for. */
  readonly urls: string[] = []

  /** Undefined while the region is away. */
  door: FrontDoor | undefined
  readonly #world: World
  readonly #key: AccessKey
  readonly #pairs = new Set<SocketPair>()

  constructor(world: World, door: FrontDoor, key: AccessKey) {
    this.#world = world
    this.door = door
    this.#key = key
  }

  /** The region goes away without a word. */
  leave(): void {
    this.door = undefined
    this.cut()
  }

  /** Connections break without a word. */
  cut(): void {
    for (const pair of this.#pairs) pair.cut()
    this.#pairs.clear()
  }

  async call(service: JsonService, operation: string, input: object, options: CallOptions = {}) {
    this.calls.push({ operation, input })
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
    }
    const body = JSON.stringify(input)
    const message = { method: "POST" as const, host: HOST, path: "/", query: "", headers, body }
    const scope = { key: options.credentials ?? this.#key, region: this.name, service, at: this.#world.now() }
    const signed = { ...headers, host: HOST, ...signatureHeaders(message, scope) }
    const request = { method: "POST", path: "/", query: "", headers: signed, body: Buffer.from(body), signal: NEVER }
    const answer = await this.#present().handle(request)
    if (this.door === undefined) throw new RegionError("Unreachable", 0, "the region went away")
    return answerOf(
      { statusCode: answer.status, headers: answer.headers as Record<string, string> },
      String(answer.body),
    )
  }

  async connect(address: string): Promise<RegionSocket> {
    this.urls.push(address)
    const url = new URL(address)
    const [path, query] = [url.pathname, url.search.slice(1)]
    const sign = (body: string) =>
      signatureHeaders(
        { method: "GET", host: HOST, path, query, headers: {}, body },
        { key: this.#key, region: this.name, service: "ecs", at: this.#world.now() },
      )
    const headers = { host: HOST, upgrade: "websocket", ...sign("") }
    const answer = await this.#present().upgrade({ method: "GET", path, query, headers, body: NO_BODY, signal: NEVER })
    if (answer === undefined) throw refusalOf(404, "")
    if ("status" in answer) throw refusalOf(answer.status, String(answer.body))
    const pair = socketPair(this.#world)
    this.#pairs.add(pair)
    answer.take(pair.near)
    return regionSocket(pair.far, sign)
  }

  #present(): FrontDoor {
    if (this.door === undefined) throw new RegionError("Unreachable", 0, "the region is away")
    return this.door
  }
}

function regionSocket(far: Socket, sign: (body: string) => object): RegionSocket {
  const ended = Promise.withResolvers<number>()
  const socket: RegionSocket = {
    send: (frame) => far.send(frame),
    close: (code, reason) => far.close(code, reason),
    closed: ended.promise,
    message: () => {},
    sign: (frame) => ({ ...sign(frame) }),
  }
  far.listen({ message: (frame) => socket.message(frame), closed: (code) => ended.resolve(code) })
  return socket
}

const HOST = "127.0.0.1:4566"
const NEVER = new AbortController().signal
