import { Malformed } from "../../../wire/shape.ts"
import { type InstanceStatus, tcsFromRegion, withSignature } from "../../../wire/tcs.ts"
import { newUuid } from "../../../world/ids.ts"
import type { Cancel, World } from "../../../world/world.ts"
import type { Region } from "../../region.ts"
import type { Telemetry } from "../../telemetry/telemetry.ts"
import { KeptConnection } from "./kept-connection.ts"
import { healthFrames, metricsFrames, type Reporter, statusFrame } from "./telemetry-frames.ts"

export interface TcsOptions {
  readonly world: World
  readonly region: Pick<Region, "connect">
  readonly telemetry: Pick<Telemetry, "takeMetrics" | "isIdle" | "health" | "statuses">
  readonly reporter: Reporter
  readonly url: () => Promise<string>

  /** How often something is published; every 20 seconds on AWS. */
  readonly publishMs?: number
}

/** The connection on which an agent tells what its containers use and how they are. */
export class Tcs {
  readonly connection: KeptConnection
  readonly #options: TcsOptions
  #cancel: Cancel = () => {}
  #statuses: InstanceStatus["statuses"] | undefined

  constructor(options: TcsOptions) {
    this.#options = options
    const { world, region, url } = options
    this.connection = new KeptConnection({
      world,
      region,
      url,
      backoff: BACKOFF,
      opened: () => this.#publishFirst(),
      heard: (frame) => this.#heard(frame),
    })
  }

  start(): void {
    this.connection.start()
  }

  stop(): void {
    this.#cancel()
    this.connection.stop()
  }

  /** Looks how the machine is, which is told with the next tick. */
  check(): void {
    const { telemetry, world } = this.#options
    telemetry.statuses().then(
      (statuses) => {
        this.#statuses = statuses
      },
      (error: unknown) => world.log.warn("the machine cannot be checked", { error: String(error) }),
    )
  }

  #publishFirst(): void {
    this.#cancel()
    this.check()
    this.#publish()
  }

  #publish(): void {
    const { world, publishMs = PUBLISH_MS } = this.#options
    this.#cancel = world.after(publishMs, () => this.#publish())
    if (!this.connection.isOpen) return
    try {
      for (const frame of this.#frames()) this.connection.sendSigned(frame, withSignature)
    } catch (error) {
      // The next tick has other numbers.
      world.log.error("telemetry could not be published", { error: String(error) })
    }
  }

  #frames(): readonly string[] {
    const { world, telemetry, reporter } = this.#options
    const at = { now: world.now(), messageId: () => newUuid(world.random) }
    const statuses = this.#statuses
    this.#statuses = undefined
    return [
      ...metricsFrames(reporter, at, telemetry.takeMetrics(), telemetry.isIdle),
      ...healthFrames(reporter, at, telemetry.health()),
      ...(statuses === undefined ? [] : [statusFrame(reporter, at, statuses)]),
    ]
  }

  #heard(frame: string): boolean {
    const { world } = this.#options
    try {
      const heard = tcsFromRegion.decode(frame)
      if (heard === undefined || SIGNS_OF_LIFE.includes(heard.type)) return heard !== undefined
      world.log.warn("the region does not take telemetry", { type: heard.type, message: heard.message })
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      world.log.warn("the region sent a message that makes no sense", { reason: error.message })
    }
    return false
  }
}

const SIGNS_OF_LIFE = ["HeartbeatMessage", "AckPublishMetric", "AckPublishHealth", "AckPublishInstanceStatus"]
const PUBLISH_MS = 20_000
const BACKOFF = { ms: 1_000, msMax: 60_000, factor: 2, jitter: 0.2 }
