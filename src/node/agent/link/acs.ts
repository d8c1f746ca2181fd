import { type AcsFromRegion, acsFromAgent, acsFromRegion } from "../../../wire/acs.ts"
import { Malformed } from "../../../wire/shape.ts"
import type { World } from "../../../world/world.ts"
import type { Region, RegionError } from "../../region.ts"
import type { AgentState } from "../records.ts"
import type { Tasks } from "../tasks.ts"
import { Attachments, isComplete } from "./attachments.ts"
import { KeptConnection } from "./kept-connection.ts"
import { stopCandidates } from "./manifest.ts"
import { takeMalformedPayload, takePayload } from "./payload.ts"
import type { Submissions } from "./submissions.ts"

export interface AcsOptions {
  readonly world: World
  readonly region: Pick<Region, "connect">
  readonly state: AgentState
  readonly tasks: Tasks
  readonly submissions: Submissions
  readonly cluster: string

  /** Where to, and whether the region is to send the credentials of all tasks. */
  readonly url: (sendCredentials: boolean) => Promise<string>
  readonly opened: () => void
  readonly heartbeat: () => void

  /** The region has said that the instance is not registered any more. */
  readonly inactive: () => void
}

/** The connection on which the region tells what to run. What becomes of it is told elsewhere, by `Submissions`. */
export class Acs {
  readonly connection: KeptConnection
  readonly #options: AcsOptions
  readonly #attachments: Attachments

  /** Manifests about whose tasks the region has been asked. */
  readonly #asked = new Set<string>()
  #hasConnected = false

  constructor(options: AcsOptions) {
    this.#options = options
    const { world, region, tasks, submissions, cluster, url, opened } = options
    this.#attachments = new Attachments(world, tasks, submissions, cluster)
    this.connection = new KeptConnection({
      world,
      region,
      url: () => url(!this.#hasConnected),
      backoff: BACKOFF,
      opened: () => {
        this.#hasConnected = true
        this.#asked.clear()
        opened()
      },
      heard: (frame) => this.#heard(frame),
      refused: (error) => this.#refused(error),
    })
  }

  #refused({ code, message }: RegionError): number | undefined {
    if (code !== INACTIVE && !message.includes(INACTIVE)) return undefined
    this.#options.world.log.warn("the region says that this instance is not registered any more")
    this.#options.inactive()
    return INACTIVE_MS
  }

  #heard(frame: string): boolean {
    const { world } = this.#options
    let heard: AcsFromRegion | undefined
    try {
      heard = acsFromRegion.decode(frame)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      world.log.warn("the region sent a message that makes no sense", { reason: error.message })
      if (/^\s*\{/.test(frame)) this.#takeMalformed(frame)
      return false
    }
    if (heard === undefined) return false
    try {
      this.#obey(heard)
    } catch (error) {
      // Not acknowledged, it comes again; the connection is as good as before.
      world.log.error("a message could not be dealt with", { type: heard.type, error: String(error) })
    }
    return true
  }

  #takeMalformed(frame: string): void {
    try {
      takeMalformedPayload(this.#options, frame)
    } catch (error) {
      this.#options.world.log.debug("nor do its parts", { error: String(error) })
    }
  }

  #obey({ type, message }: AcsFromRegion): void {
    const { state, tasks, heartbeat } = this.#options
    switch (type) {
      case "HeartbeatMessage":
        this.#answer(acsFromAgent.encode("HeartbeatAckRequest", { messageId: message.messageId }))
        heartbeat()
        break
      case "PayloadMessage":
        for (const answer of takePayload(this.#options, message)) this.#answer(answer)
        break
      case "IAMRoleCredentialsMessage": {
        const { messageId, taskArn, roleCredentials } = message
        if (!tasks.refreshCredentials(taskArn, roleCredentials)) break
        const { expiration, credentialsId } = roleCredentials
        this.#answer(acsFromAgent.encode("IAMRoleCredentialsAckRequest", { messageId, expiration, credentialsId }))
        break
      }
      case "AttachTaskNetworkInterfacesMessage": {
        const { elasticNetworkInterfaces, waitTimeoutMs } = message
        if (!isComplete(elasticNetworkInterfaces, waitTimeoutMs)) break
        this.#acknowledge(message)
        this.#attachments.await(message, elasticNetworkInterfaces, waitTimeoutMs)
        break
      }
      case "TaskManifestMessage": {
        const { messageId, timeline, tasks: listed } = message
        if (timeline <= state.sequence) break
        state.putSequence(timeline)
        this.#acknowledge(message)
        const candidates = stopCandidates(state.tasks.values(), listed)
        if (candidates.length === 0) break
        this.#asked.add(messageId)
        this.#answer(acsFromAgent.encode("TaskStopVerificationMessage", { messageId, stopCandidates: candidates }))
        break
      }
      case "TaskStopVerificationAck":
        if (!this.#asked.delete(message.messageId)) break
        for (const { taskArn, desiredStatus } of message.stopTasks) if (desiredStatus === "STOPPED") tasks.stop(taskArn)
        break
      case "StageUpdateMessage":
      case "PerformUpdateMessage": {
        const { messageId, clusterArn: cluster, containerInstanceArn: containerInstance } = message
        const reason = "Updates are disabled: the agent is updated together with Homeport."
        this.#answer(acsFromAgent.encode("NackRequest", { cluster, containerInstance, messageId, reason }))
        break
      }
      default:
        // Interfaces of the instance and volumes of EBS this agent does not claim to know; the rest is for the log.
        this.#options.world.log.info("the region says something that there is nothing to do about", { type })
    }
  }

  #acknowledge({ messageId, clusterArn, containerInstanceArn }: Envelope): void {
    const named = { cluster: clusterArn, containerInstance: containerInstanceArn }
    this.#answer(acsFromAgent.encode("AckRequest", { ...named, messageId }))
  }

  #answer(frame: string): void {
    this.connection.send(frame)
  }
}

interface Envelope {
  readonly messageId: string
  readonly clusterArn: string
  readonly containerInstanceArn: string
}

const BACKOFF = { ms: 250, msMax: 120_000, factor: 1.5, jitter: 0.2 }
const INACTIVE = "InactiveInstanceException"
const INACTIVE_MS = 60 * 60_000
