import { ACCOUNT, POOL_ACCOUNT } from "../identity.ts"
import type { Network, Path } from "../network.ts"
import { ForeignHost } from "./foreign/host.ts"
import type { AgentSight, Host, HostPlace, HostSurroundings, NodeProperties, ReportedStatus } from "./host.ts"
import { OwnHost } from "./own/host.ts"

export interface NodeOptions extends HostSurroundings {
  readonly network: Network
}

/** A machine in its place, with the way from there to the region. Another machine may take the place. */
export class Node {
  readonly name: string
  readonly properties: NodeProperties
  readonly path: Path
  isPowered = false
  readonly #options: NodeOptions
  readonly #place: HostPlace
  #host: Host
  #isScrapped = false

  constructor(options: NodeOptions, properties: NodeProperties, original?: Host, firstPort = FIRST_PORT) {
    this.#options = options
    this.name = properties.name
    this.properties = properties
    this.path = options.network.path(properties.name, "may repeat")
    const keyId = `agent-${properties.isPool ? POOL_ACCOUNT : ACCOUNT}` as const
    this.#place = { properties, path: this.path, keyId, firstPort }
    this.#host = original?.twin(this.#place) ?? this.#newHost()
  }

  get agent(): AgentSight | undefined {
    return this.#host.agent
  }

  get own(): OwnHost | undefined {
    return this.#host.own
  }

  get instanceArn(): string | undefined {
    return this.#host.instanceArn
  }

  get hasGivenUp(): boolean {
    return this.#host.hasGivenUp
  }

  running(): string[] {
    return this.#host.running()
  }

  taken(): Iterable<readonly [task: string, status: ReportedStatus]> {
    return this.#host.taken()
  }

  kill(task: string): void {
    this.#host.kill(task)
  }

  startAgent(): void {
    if (this.agent !== undefined || this.#isScrapped) return
    this.isPowered = true
    this.#options.transcript.say(this.name, `agent starts${this.instanceArn === undefined ? " new" : ""}`)
    this.#host.startAgent()
  }

  /** The agent's process ends; containers go on. */
  killAgent(): void {
    if (this.agent === undefined) return
    this.#options.transcript.say(this.name, "agent is killed")
    this.#host.killAgent()
  }

  /** The machine loses its power. What is on its disk stays. */
  powerOff(): void {
    this.#options.transcript.say(this.name, "power is off")
    this.#host.powerOff()
    this.isPowered = false
  }

  /** Sets the machine up from nothing, as a new one in the place of the old. */
  replace(): void {
    this.powerOff()
    this.#host = this.#newHost()
    this.startAgent()
  }

  /** The machine goes for good, whoever would switch it on again. */
  scrap(): void {
    this.powerOff()
    this.#isScrapped = true
  }

  mend(): void {
    this.#host.mend()
  }

  /** Another machine with the same identity, as when a disk image was taken from one that had been in use. */
  clone(): Node {
    const firstPort = FIRST_PORT + 10_000 + this.#options.random.below(10_000)
    return new Node(this.#options, { ...this.properties, name: `${this.name}b` }, this.#host, firstPort)
  }

  #newHost(): Host {
    const Hosting = this.properties.agent === "own" ? OwnHost : ForeignHost
    return new Hosting(this.#options, this.#place)
  }
}

const FIRST_PORT = 32_768
