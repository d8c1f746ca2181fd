import {
  type FabricFromRegion,
  type FabricInterfaceFlows,
  type FabricPut,
  fabricFromNode,
  fabricFromRegion,
} from "../../wire/fabric.ts"
import { Malformed } from "../../wire/shape.ts"
import type { Cancel, World } from "../../world/world.ts"
import { KeptConnection } from "../agent/link/kept-connection.ts"
import { encode } from "../agent/link/signature.ts"
import type { Region } from "../region.ts"
import { joined } from "./joined.ts"
import { WaitingFlows } from "./waiting-flows.ts"

/** What makes true what the region tells. Each instance of a machine has a stream of its own. */
export interface FabricSink {
  /** What a stream has told last; undefined when it has to begin with a snapshot. */
  version(stream: string): number | undefined

  /** All that a stream has to tell. Resolves when it is in force, with what could not be made true. */
  snapshot(stream: string, version: number, put: FabricPut): Promise<readonly FabricFailure[]>

  /** What became of the version before. */
  change(
    stream: string,
    version: number,
    put: FabricPut,
    removed: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly FabricFailure[]>

  /** Hears of what passes interfaces of an instance that have a flow log. */
  flows?(instanceArn: string, hear: (flows: FabricInterfaceFlows) => void): Cancel
}

export interface FabricFailure {
  readonly kind: string
  readonly id: string
  readonly reason: string
}

export interface FabricLinkOptions {
  readonly world: World
  readonly region: Pick<Region, "connect" | "endpoint">
  readonly fabric: FabricSink

  /** What the fabric calls this instance's stream. */
  readonly stream: string
  readonly instanceArn: string

  /** Where other machines reach this one; undefined when there are none. */
  readonly underlayAddress?: string | undefined
}

/** The connection on which the region tells what should exist of the network here. What is told is done one after the other. */
export class FabricLink {
  readonly connection: KeptConnection
  readonly #options: FabricLinkOptions
  readonly #flows = new WaitingFlows()
  #endFlows: Cancel | undefined
  #told: FabricFromRegion[] = []
  #isDoing = false

  /** The parts of a snapshot that is not whole yet. */
  #parts: FabricPut[] = []

  /** Rises with each connection: what an earlier one has told is let go. */
  #turn = 0

  constructor(options: FabricLinkOptions) {
    this.#options = options
    const { world, region } = options
    this.connection = new KeptConnection({
      world,
      region,
      url: async () => this.#url(),
      backoff: BACKOFF,
      opened: () => {
        this.#begin()
        this.#tellFlows()
      },
      heard: (frame) => this.#heard(frame),
      // An instance that has been taken out may be asked for again, but hardly is.
      refused: ({ code, message }) => (`${code} ${message}`.includes(INACTIVE) ? INACTIVE_MS : undefined),
    })
  }

  start(): void {
    const { fabric, instanceArn } = this.#options
    this.#endFlows = fabric.flows?.(instanceArn, (flows) => {
      this.#flows.add(flows)
      this.#tellFlows()
    })
    this.connection.start()
  }

  stop(): void {
    this.#endFlows?.()
    this.#begin()
    this.connection.stop()
  }

  #url(): string {
    const { region, fabric, stream, instanceArn, underlayAddress } = this.#options
    const version = fabric.version(stream)
    const query = [
      `containerInstanceArn=${encode(instanceArn)}`,
      ...(underlayAddress === undefined ? [] : [`underlayAddress=${encode(underlayAddress)}`]),
      ...(version === undefined ? [] : [`version=${version}`]),
    ]
    return `${region.endpoint.replace(/\/$/, "")}/fabric/ws?${query.join("&")}`
  }

  #tellFlows(): void {
    if (!this.connection.isOpen) return
    for (const part of this.#flows.take()) this.connection.send(fabricFromNode.encode("FabricFlows", part))
  }

  #begin(): void {
    this.#turn += 1
    this.#told = []
    this.#parts = []
  }

  #heard(frame: string): boolean {
    const { world } = this.#options
    let heard: FabricFromRegion | undefined
    try {
      heard = fabricFromRegion.decode(frame)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      // What was not understood may be missed later on; with a new connection everything is told again.
      world.log.warn("the region tells of the network what makes no sense", { reason: error.message })
      this.connection.disconnect()
    }
    if (heard === undefined) return false
    if (this.#told.length >= TOLD_MAX) this.connection.disconnect()
    else this.#told.push(heard)
    if (!this.#isDoing) void this.#doAll()
    return true
  }

  async #doAll(): Promise<void> {
    this.#isDoing = true
    const { world } = this.#options
    for (let next = this.#told.shift(); next !== undefined; next = this.#told.shift()) {
      const turn = this.#turn
      try {
        await this.#do(next, turn)
      } catch (error) {
        world.log.error("the network cannot be made as the region has it", { error: String(error) })
        if (turn === this.#turn) this.connection.disconnect()
      }
    }
    this.#isDoing = false
  }

  async #do({ type, message }: FabricFromRegion, turn: number): Promise<void> {
    const { fabric, stream } = this.#options
    switch (type) {
      case "FabricSnapshot": {
        this.#parts.push(message.put)
        if (!message.isLast) return
        const put = joined(this.#parts)
        this.#parts = []
        this.#applied(turn, message.version, await fabric.snapshot(stream, message.version, put))
        return
      }
      case "FabricChange":
        if (message.from !== fabric.version(stream)) return this.#startOver(turn)
        this.#applied(turn, message.version, await fabric.change(stream, message.version, message.put, message.removed))
        return
      case "FabricHeartbeat":
        if (message.version !== fabric.version(stream)) return this.#startOver(turn)
        this.#applied(turn, message.version, [])
    }
  }

  /** The next connection says what is known here, and goes on from there. */
  #startOver(turn: number): void {
    if (turn === this.#turn) this.connection.disconnect()
  }

  #applied(turn: number, version: number, failures: readonly FabricFailure[]): void {
    if (turn !== this.#turn) return
    const told = failures.slice(0, FAILURES_MAX).map(({ kind, id, reason }) => ({ kind, id, reason }))
    this.connection.send(fabricFromNode.encode("FabricApplied", { version, failures: told }))
  }
}

const INACTIVE = "InactiveInstanceException"
const INACTIVE_MS = 60 * 60_000
const BACKOFF = { ms: 250, msMax: 60_000, factor: 1.5, jitter: 0.2 }

/** More than a region sends to who does not take it. */
const TOLD_MAX = 10_000
const FAILURES_MAX = 100
