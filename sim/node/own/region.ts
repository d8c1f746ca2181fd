import { refusalOf } from "../../../src/node/agent/link/http/answer.ts"
import { type Region, RegionError, type RegionSocket } from "../../../src/node/region.ts"
import type { Api, Input, Operation } from "../../api.ts"
import { type AccessKeyId, REGION } from "../../identity.ts"
import { type Connection, type Path, Unanswered } from "../../network.ts"
import type { ProcessWorld } from "../../process-world.ts"
import type { Transcript } from "../../transcript.ts"
import type { ReportedStatus } from "../host.ts"
import { upgradeRequest } from "../upgrade.ts"
import { SimulatedSocket } from "./simulated-socket.ts"

export interface RegionBehindNetworkOptions {
  readonly world: ProcessWorld
  readonly path: Path
  readonly keyId: AccessKeyId
  readonly transcript: Transcript
  readonly api: Api
  readonly reported: (said: Input<"SubmitTaskStateChange">) => void
  readonly taken: (task: string, status: ReportedStatus) => void
}

/** The simulated region as an agent's process sees it, over a network that fails. Nothing reaches a process that has ended. */
export class RegionBehindNetwork implements Region {
  readonly name = REGION
  readonly endpoint = "http://region"
  readonly #options: RegionBehindNetworkOptions
  readonly #open = new Set<Connection>()
  #acs: Connection | undefined

  constructor(options: RegionBehindNetworkOptions) {
    this.#options = options
  }

  /** Whether neither end of the connection on which tasks come knows of anything wrong. */
  get isLinked(): boolean {
    return this.#acs?.isWhole === true
  }

  async call(service: string, operation: string, input: object): Promise<Record<string, unknown>> {
    const { world, api, reported, taken } = this.#options
    if (service !== "ecs") throw new RegionError("Unreachable", 0, `There is no ${service} here.`)
    const report = operation === "SubmitTaskStateChange" ? (input as Input<"SubmitTaskStateChange">) : undefined
    if (report !== undefined) reported(report)
    const answer = await api.call(operation as Operation, input)
    if (world.isOver) return never()
    if (answer.ok === "unknown") throw new RegionError("Unreachable", 0, answer.error)
    if (!answer.ok) throw new RegionError(answer.error, answer.status, answer.message)
    if (report?.status !== undefined) taken(report.task!, report.status as ReportedStatus)
    return answer.output
  }

  async connect(address: string): Promise<RegionSocket> {
    const { world, path, keyId, transcript } = this.#options
    const url = new URL(address)
    const socket = new SimulatedSocket({ path, address: url.pathname, keyId, transcript, isOver: () => world.isOver })
    try {
      const answer = await path.connect(upgradeRequest(url.pathname, url.search.slice(1), keyId), socket.listener)
      if (world.isOver) {
        if ("region" in answer) answer.close()
        return await never()
      }
      if (!("region" in answer)) throw refusalOf(answer.status, String(answer.body))
      socket.opened(answer)
      this.#open.add(answer)
      void socket.closed.then(() => this.#open.delete(answer))
      if (url.pathname.startsWith("/acs")) this.#acs = answer
      return socket
    } catch (error) {
      if (world.isOver) return never()
      if (error instanceof Unanswered) throw new RegionError("Unreachable", 0, error.message)
      throw error
    }
  }

  /** The process has died; `silently` when its machine went with it. */
  end(silently: boolean): void {
    for (const connection of this.#open) {
      if (silently) connection.vanish()
      else connection.close()
    }
    this.#open.clear()
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
