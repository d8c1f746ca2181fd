import type { Socket, SocketListener } from "../../../aws/socket.ts"
import type { Scope } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type AcsFromAgent, acsFromAgent, acsFromRegion } from "../../../wire/acs.ts"
import { Malformed } from "../../../wire/shape.ts"
import { newUuid } from "../../../world/ids.ts"
import type { World } from "../../../world/world.ts"
import { type AgentInfo, connected, putInstance } from "../container-instance/write.ts"
import { wantedOfAgent } from "../lifecycle/moves.ts"
import { containerInstances } from "../tables/container-instance.ts"
import type { Task } from "../tables/task.ts"
import { Allowance } from "./allowance.ts"
import { CLOSE } from "./close.ts"
import { Flights } from "./flights.ts"
import { attachFrame, credentialsFrames, type Envelope, manifestFrame, PAYLOAD_NUMBER, payloadFrame } from "./frames.ts"
import { ownerOf, taskOf, tasksOf } from "./instance-tasks.ts"
import { ManifestTimes } from "./manifest-times.ts"
import { owed, type Told } from "./owed.ts"
import type { TaskCredentials } from "./payload.ts"
import { Refreshes } from "./refreshes.ts"

/** What a session needs of the link that it is part of. */
export interface SessionHost {
  readonly world: World
  readonly store: Store

  /** The credentials that a task and its agent get, as they are now. */
  readonly issue: (tx: Tx, task: Task) => TaskCredentials

  /** Asks for a turn, soon. */
  wake(session: AgentSession): void
  ended(session: AgentSession): void
}

/** Who has connected. */
export interface ConnectedAgent {
  readonly instanceArn: string
  readonly clusterArn: string

  /** Where the instance lies. */
  readonly scope: Scope
  readonly info: AgentInfo

  /** Whether the agent has just started, so that it has no credentials and may have lost tasks. */
  readonly hasStarted: boolean
}

/**
 * One agent on its connection. What its instance should run is in the tables; the session knows only what it has told on
 * this connection and what of that was acknowledged, and tells the rest. So nothing has to be remembered when the
 * connection or the region ends: the next session begins from the tables.
 */
export class AgentSession implements SocketListener {
  readonly agent: ConnectedAgent
  readonly #host: SessionHost
  readonly #socket: Socket

  /** Tasks of which there may be something to tell. */
  readonly #due = new Set<string>()

  /** Tasks that have been reported to run, and that a starting agent may have lost all the same. */
  readonly #untold = new Set<string>()
  readonly #acknowledged = new Map<string, Told>()
  readonly #flights = new Flights()
  readonly #refreshes = new Refreshes()
  readonly #manifests: ManifestTimes
  readonly #allowance: Allowance
  #heartbeatAt: number
  #heardAt: number
  #retireAt = Number.POSITIVE_INFINITY
  #isOver = false

  constructor(host: SessionHost, socket: Socket, agent: ConnectedAgent) {
    this.#host = host
    this.#socket = socket
    this.agent = agent
    const now = host.world.monotonic()
    this.#allowance = new Allowance(now, ALLOWANCE)
    this.#manifests = new ManifestTimes(now)
    this.#heardAt = now
    this.#heartbeatAt = now + HEARTBEAT_MS - host.world.random.below(HEARTBEAT_SPREAD_MS)
  }

  /** Says that the agent is there, and finds out what it has to be told. */
  begin(): void {
    const { instanceArn, scope, info, hasStarted } = this.agent
    const { store, world } = this.#host
    const outcome = store.attempt(scope, (tx) => {
      const writer = { tx, now: world.now(), random: world.random }
      connected(writer, instanceArn, true, info)
      if (!this.#reserveNumbers(tx)) return false
      const renewedAt = world.monotonic() + world.random.below(RENEWAL_SPREAD_MS)
      for (const task of tasksOf(tx, instanceArn)) {
        if (wantedOfAgent(task) === "RUNNING") this.#refreshes.unknown(task.arn, renewedAt)
        if (hasStarted && wantedOfAgent(task) === "RUNNING" && task.lastStatus !== "PENDING") this.#untold.add(task.arn)
        if (owed(task, hasStarted) !== undefined) this.#due.add(task.arn)
      }
      return true
    })
    if (!outcome.ok) this.#fail("an agent could not be taken in", outcome.error)
    else if (outcome.value) this.#host.wake(this)
    else this.end(CLOSE.gone, "the instance is not registered any more")
  }

  /** A task of the instance has changed, and what it is now is durable. */
  changed(before: Task | undefined, after: Task | undefined): void {
    const arn = (after ?? before)!.arn
    const isWanted = after !== undefined && wantedOfAgent(after) === "RUNNING"
    if (isWanted !== (before !== undefined && wantedOfAgent(before) === "RUNNING")) this.#manifests.outdated()

    const told = after && owed(after, this.#untold.has(arn))
    if (told === undefined) {
      // Reported, or over: whether the message that asked for it was acknowledged does not matter any more.
      this.#forget(arn)
    } else if (told !== this.#acknowledged.get(arn) && told !== this.#flights.of(arn)?.told) {
      this.#due.add(arn)
      this.#host.wake(this)
    }
  }

  /** The instance has been taken out. Its agent is asked to stop all it still runs, and then has nothing to look for here. */
  retire(): void {
    if (this.#retireAt !== Number.POSITIVE_INFINITY) return
    this.#due.clear()
    this.#retireAt = this.#host.world.monotonic() + RETIRE_MS
    this.#manifests.dueNow()
    this.#host.wake(this)
  }

  /** Tells what there is to tell and room for. Messages leave once all that they rest on is durable. */
  turn(): void {
    if (this.#isOver || this.#socket.waitingBytes > WAITING_BYTES_MAX) return
    const { store } = this.#host
    const outcome = store.attempt(this.agent.scope, (tx) => {
      const frames: string[] = []
      for (const arn of this.#due) {
        if (!this.#flights.hasRoom && this.#flights.of(arn) === undefined) continue
        this.#due.delete(arn)
        try {
          const frame = this.#tell(tx, arn)
          if (frame !== undefined) frames.push(frame)
        } catch (error) {
          // One task that cannot be put into words must not keep the others from the agent. It is tried again later.
          this.#logFailure("a task could not be told to its agent", error)
        }
      }
      frames.push(...this.#renewed(tx))
      const manifest = this.#manifest(tx)
      if (manifest !== undefined) frames.push(manifest)
      return frames
    })
    if (outcome.ok) this.#send(outcome.value, outcome.version)
    else this.#fail("an agent could not be told what to run", outcome.error)
  }

  /** Looks after what time brings. Called about every second. */
  look(now: number): void {
    if (now >= this.#retireAt) this.end(CLOSE.gone, "the instance is not registered any more")
    if (now - this.#heardAt > SILENCE_MS_MAX) this.end(CLOSE.gone, "nothing was acknowledged for too long")
    if (this.#isOver) return
    if (now >= this.#heartbeatAt) {
      this.#heartbeatAt = now + HEARTBEAT_MS
      const messageId = newUuid(this.#host.world.random)
      this.#send([acsFromRegion.encode("HeartbeatMessage", { messageId, healthy: true })], 0)
    }
    for (const arn of this.#flights.late(now)) this.#due.add(arn)
    if (this.#due.size > 0 || this.#manifests.isDue(now) || this.#refreshes.isDue(now)) this.#host.wake(this)
  }

  message(frame: string): void {
    if (this.#isOver || !this.#host.store.leads) return
    const now = this.#host.world.monotonic()
    if (!this.#allowance.take(1 + frame.length / FRAME_LENGTH_USUAL, now)) {
      this.end(CLOSE.tooMuch, "too many messages")
      return
    }
    let heard: AcsFromAgent | undefined
    try {
      heard = acsFromAgent.decode(frame)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#log("debug", "an agent sent a frame that makes no sense", { reason: error.message })
    }
    if (heard === undefined) return
    this.#heardAt = now
    this.#hear(heard)
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.ended(this)
  }

  /** Ends the session at once, whatever becomes of the connection. */
  end(code: number, reason: string): void {
    if (this.#isOver) return
    this.closed()
    this.#socket.close(code, reason)
  }

  #hear(heard: AcsFromAgent): void {
    switch (heard.type) {
      case "AckRequest":
        this.#hearAck(heard.message.messageId)
        break
      case "NackRequest":
        this.#log("warn", "an agent refuses a message", { reason: heard.message.reason })
        this.#hearAck(heard.message.messageId)
        break
      case "TaskStopVerificationMessage": {
        const { messageId, stopCandidates } = heard.message
        this.#verifyStops(
          messageId,
          stopCandidates.map(({ taskArn }) => taskArn),
        )
        break
      }
      // That they came at all is what they say.
      case "HeartbeatAckRequest":
      case "IAMRoleCredentialsAckRequest":
    }
  }

  #hearAck(messageId: string): void {
    this.#manifests.acknowledged(messageId)
    const flight = this.#flights.land(messageId)
    if (flight === undefined) return
    this.#acknowledged.set(flight.taskArn, flight.told)
    this.#untold.delete(flight.taskArn)
    if (this.#due.size > 0) this.#host.wake(this)
  }

  /** The agent names tasks that it runs and the manifest does not: those that should not run, by the tables, are to stop. */
  #verifyStops(messageId: string, candidates: readonly string[]): void {
    if (!this.#manifests.verifies(messageId)) return
    const { store, world } = this.#host
    const { instanceArn, scope } = this.agent
    const outcome = store.attempt(scope, (tx) =>
      candidates.filter((arn) => {
        const task = taskOf(tx, instanceArn, arn)
        return task === undefined || wantedOfAgent(task) !== "RUNNING"
      }),
    )
    if (!outcome.ok) {
      this.#fail("tasks that an agent asks about could not be looked up", outcome.error)
      return
    }
    if (outcome.value.length > 0)
      this.#log("info", "an agent stops tasks that it should not run", { count: outcome.value.length })
    const stopTasks = outcome.value.map((taskArn) => ({ taskArn, desiredStatus: "STOPPED" as const }))
    const ack = { messageId, generatedAt: world.now(), stopTasks }
    this.#send([acsFromRegion.encode("TaskStopVerificationAck", ack)], outcome.version)
  }

  /** The message about a task, if there is one to send now. */
  #tell(tx: Tx, taskArn: string): string | undefined {
    const { instanceArn } = this.agent
    const now = this.#host.world.monotonic()
    const task = taskOf(tx, instanceArn, taskArn)
    const told = task && owed(task, this.#untold.has(taskArn))
    if (task === undefined || told === undefined) {
      this.#forget(taskArn)
      return undefined
    }
    if (told === this.#acknowledged.get(taskArn)) return undefined
    const flight = this.#flights.of(taskArn)
    const isRepeated = flight?.told === told
    if (isRepeated && now < flight.retryAt) return undefined

    // The same message again keeps its id, so that it does not matter which of them is acknowledged.
    const messageId = isRepeated ? flight.messageId : newUuid(this.#host.world.random)
    this.#flights.depart({ messageId, taskArn, told }, now)
    const envelope = this.#envelope(messageId)
    if (told === "attach") return attachFrame(envelope, task)
    const owner = ownerOf(tx, taskArn)
    if (told === "run") this.#refreshes.told(taskArn, now)
    return payloadFrame(owner, envelope, task, told === "run" ? "RUNNING" : "STOPPED", this.#host.issue(owner, task))
  }

  /** New credentials for tasks whose old ones have lived long enough. */
  #renewed(tx: Tx): string[] {
    const { world, issue } = this.#host
    const now = world.monotonic()
    return [...this.#refreshes.due(now)].flatMap((taskArn) => {
      const task = taskOf(tx, this.agent.instanceArn, taskArn)
      if (task === undefined || wantedOfAgent(task) !== "RUNNING") {
        this.#refreshes.drop(taskArn)
        return []
      }
      this.#refreshes.told(taskArn, now)
      try {
        return credentialsFrames(() => newUuid(world.random), task, issue(ownerOf(tx, taskArn), task))
      } catch (error) {
        this.#logFailure("credentials of a task could not be renewed", error)
        return []
      }
    })
  }

  /** The manifest, if it is time for one. */
  #manifest(tx: Tx): string | undefined {
    const now = this.#host.world.monotonic()
    if (!this.#manifests.isDue(now)) return undefined
    if (this.#manifests.needsNumbers && !this.#reserveNumbers(tx)) return undefined
    // The record in which numbers are set aside has been read, so that no manifest leaves before that is durable.
    if (tx.get(containerInstances, this.agent.instanceArn) === undefined) return undefined
    const messageId = newUuid(this.#host.world.random)
    const wanted = tasksOf(tx, this.agent.instanceArn).filter((task) => wantedOfAgent(task) === "RUNNING")
    return manifestFrame(this.#envelope(messageId), this.#manifests.sent(messageId, now), wanted)
  }

  /** A number that may have been used is never used again, so many are set aside at a time; false for an instance that is gone. */
  #reserveNumbers(tx: Tx): boolean {
    const { world } = this.#host
    const instance = tx.get(containerInstances, this.agent.instanceArn)
    const isThere =
      instance !== undefined && (instance.status !== "INACTIVE" || this.#retireAt < Number.POSITIVE_INFINITY)
    if (!isThere) return false
    const manifestNumber = instance.manifestNumber + NUMBERS_RESERVED
    putInstance({ tx, now: world.now(), random: world.random }, instance, { ...instance, manifestNumber })
    this.#manifests.reserved(Math.max(instance.manifestNumber, PAYLOAD_NUMBER) + 1, manifestNumber)
    return true
  }

  #envelope(messageId: string): Envelope {
    const { clusterArn, instanceArn } = this.agent
    return { messageId, clusterArn, containerInstanceArn: instanceArn, generatedAt: this.#host.world.now() }
  }

  #forget(taskArn: string): void {
    this.#due.delete(taskArn)
    this.#untold.delete(taskArn)
    this.#acknowledged.delete(taskArn)
    this.#flights.drop(taskArn)
    if (this.#due.size > 0) this.#host.wake(this)
  }

  /** Sends once everything up to `version` is durable, and only while nobody else can have taken over. */
  #send(frames: readonly string[], version: number): void {
    const { store } = this.#host
    const send = () => {
      for (const frame of frames) if (!this.#isOver && store.mayAnswer()) this.#socket.send(frame)
    }
    if (frames.length === 0) return
    if (store.isDurable(version)) send()
    else store.whenDurable(version).then(send, () => {})
  }

  #fail(message: string, error: unknown): void {
    this.#logFailure(message, error)
    this.end(CLOSE.failed, "Homeport made a mistake")
  }

  #logFailure(message: string, error: unknown): void {
    this.#log("error", message, { error: error instanceof Error ? error.stack : String(error) })
  }

  #log(level: "debug" | "info" | "warn" | "error", message: string, fields: object): void {
    this.#host.world.log[level](message, { instance: this.agent.instanceArn, ...fields })
  }
}

/** An agent hangs up after a minute in which it hears nothing. */
const HEARTBEAT_MS = 25_000

/** So that agents who all came back at once are not all served at once for ever. */
const HEARTBEAT_SPREAD_MS = 5_000

/** So that a region that comes back does not renew everybody's credentials at once. */
const RENEWAL_SPREAD_MS = 60_000

/** Three heartbeats without an answer. */
const SILENCE_MS_MAX = 3 * HEARTBEAT_MS + 5_000

/** For the agent to ask which of its tasks are really to stop. */
const RETIRE_MS = 5_000
const WAITING_BYTES_MAX = 2 ** 20
const NUMBERS_RESERVED = 1_000

/** An acknowledgement or two for each message, and many messages when a machine is filled. */
const ALLOWANCE = { burst: 4_000, perSecond: 200 }

/** A longer frame counts for several. */
const FRAME_LENGTH_USUAL = 2_000
