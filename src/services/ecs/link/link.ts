import type { Socket, SocketHost } from "../../../aws/socket.ts"
import { accountOf, type ChangeSet, INSTALLATION, type Scope } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { World } from "../../../world/world.ts"
import { connected, lost } from "../container-instance/write.ts"
import type { Writer } from "../event/write.ts"
import { POOL_ACCOUNT } from "../pool.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { type Task, tasks } from "../tables/task.ts"
import { CLOSE } from "./close.ts"
import { AgentSession, type ConnectedAgent, type SessionHost } from "./session.ts"
import { type TelemetryHost, TelemetrySession } from "./telemetry.ts"
import { LatestUsage } from "./usage.ts"

/**
 * The agents that are connected to this process, each with a session or two. One timer serves them all; what changes is
 * heard from the store once it is durable.
 */
export class Link implements SessionHost, TelemetryHost {
  readonly world: World
  readonly store: Store
  readonly issue: SessionHost["issue"]
  readonly usage = new LatestUsage()
  readonly #sessions = new Map<string, AgentSession>()
  readonly #telemetry = new Map<string, TelemetrySession>()

  /** Instances that have lost their agent, or whose agent this process has yet to see, with the time until which they are given. */
  readonly #missed = new Map<string, Missed>()

  /** Machines of the pool that are said to be away, with the time from which they are given up for lost. */
  readonly #away = new Map<string, Missed>()

  /** Sessions that have asked for a turn. */
  readonly #waiting = new Set<AgentSession>()
  #isTurning = false
  #isLooking = false

  constructor({ world, store }: SocketHost, issue: SessionHost["issue"]) {
    this.world = world
    this.store = store
    this.issue = issue
    store.watch(INSTALLATION, {
      tables: [tasks, containerInstances],
      snapshot: awaitedInstances,
      begin: (instances) => {
        for (const { arn, scope, isConnected } of instances) {
          if (isConnected) this.#miss(arn, scope, RETURN_MS)
          else this.#awaitLost(arn, scope)
        }
      },
      changed: (set) => this.#changed(set),
    })
  }

  get agentCount(): number {
    return this.#sessions.size
  }

  /** Takes an agent's connection. The newest one is the agent; an older one is a leftover, or a second agent of the same name. */
  takeAgent(socket: Socket, agent: ConnectedAgent): void {
    const session = new AgentSession(this, socket, agent)
    socket.listen(session)
    if (this.store.isBehind || !this.store.leads) {
      session.end(CLOSE.failed, "Homeport is behind; try again")
      return
    }
    const earlier = this.#sessions.get(agent.instanceArn)
    this.#sessions.set(agent.instanceArn, session)
    this.#missed.delete(agent.instanceArn)
    this.#away.delete(agent.instanceArn)
    earlier?.end(CLOSE.replaced, "the agent has connected anew")
    session.begin()
    this.#lookLater()
  }

  takeTelemetry(socket: Socket, agent: Pick<ConnectedAgent, "instanceArn" | "scope">): void {
    const session = new TelemetrySession(this, socket, agent)
    socket.listen(session)
    const earlier = this.#telemetry.get(agent.instanceArn)
    this.#telemetry.set(agent.instanceArn, session)
    earlier?.end(CLOSE.replaced, "the agent has connected anew")
    this.#lookLater()
  }

  wake(session: AgentSession): void {
    this.#waiting.add(session)
    if (this.#isTurning) return
    this.#isTurning = true
    this.world.after(0, () => this.#turn())
  }

  ended(session: AgentSession): void {
    const { instanceArn, scope } = session.agent
    this.#waiting.delete(session)
    if (this.#sessions.get(instanceArn) !== session) return
    this.#sessions.delete(instanceArn)
    this.#miss(instanceArn, scope, GRACE_MS)
  }

  telemetryEnded(session: TelemetrySession): void {
    if (this.#telemetry.get(session.instanceArn) !== session) return
    this.#telemetry.delete(session.instanceArn)
    this.usage.forget(session.instanceArn)
  }

  #changed({ changes }: ChangeSet): void {
    for (const { table, before, after } of changes) {
      if (table === tasks) this.#taskChanged(before as Task | undefined, after as Task | undefined)
      else if (table === containerInstances)
        this.#instanceChanged((after ?? before) as ContainerInstance, after === undefined)
    }
  }

  #taskChanged(before: Task | undefined, after: Task | undefined): void {
    const instanceArn = after?.instanceArn ?? before?.instanceArn
    if (instanceArn !== undefined) this.#sessions.get(instanceArn)?.changed(before, after)
  }

  #instanceChanged({ arn, status }: ContainerInstance, isGone: boolean): void {
    if (!isGone && status !== "INACTIVE") return
    this.#sessions.get(arn)?.retire()
    this.#telemetry.get(arn)?.end(CLOSE.gone, "the instance is not registered any more")
  }

  /** Gives turns to those who asked, a few milliseconds' worth at a time. */
  #turn(): void {
    this.#isTurning = false
    if (!this.store.leads) return
    const end = this.world.monotonic() + TURN_MS_MAX
    let served = 0
    for (const session of this.#waiting) {
      if (served === TURN_SESSIONS_MAX || this.world.monotonic() > end) break
      served += 1
      this.#waiting.delete(session)
      session.turn()
    }
    const [next] = this.#waiting
    if (next !== undefined) this.wake(next)
  }

  /** One look at everyone each second, instead of a timer for each message. */
  #lookLater(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.world.after(LOOK_MS, () => {
      this.#isLooking = false
      if (!this.store.leads) return
      const now = this.world.monotonic()
      for (const session of this.#sessions.values()) session.look(now)
      for (const session of this.#telemetry.values()) session.look(now)
      this.#giveUp(this.#missed, now, (writer, arn) => connected(writer, arn, false))
      this.#giveUp(this.#away, now, lost)
      const { size } = this.#missed
      if (this.#sessions.size + this.#telemetry.size + size + this.#away.size > 0) this.#lookLater()
    })
  }

  #miss(instanceArn: string, scope: Scope, ms: number): void {
    if (this.#sessions.has(instanceArn)) return
    this.#missed.set(instanceArn, { scope, until: this.world.monotonic() + ms })
    this.#lookLater()
  }

  /** The pool is AWS's own affair, so a task there has to go on elsewhere; a user's instance keeps its tasks, as on AWS. */
  #awaitLost(instanceArn: string, scope: Scope): void {
    if (!isPoolScope(scope) || this.#sessions.has(instanceArn)) return
    this.#away.set(instanceArn, { scope, until: this.world.monotonic() + LOST_MS })
    this.#lookLater()
  }

  /** Notes of instances that have been away for long enough that they are. Who comes back sooner was never gone. */
  #giveUp(waiting: Map<string, Missed>, now: number, note: (writer: Writer, instanceArn: string) => void): void {
    let given = 0
    for (const [arn, { scope, until }] of waiting) {
      if (until > now) continue
      if (given === GIVEN_UP_PER_LOOK || this.store.isBehind) break
      given += 1
      waiting.delete(arn)
      const { world } = this
      const outcome = this.store.attempt(scope, (tx) => note({ tx, now: world.now(), random: world.random }, arn))
      if (!outcome.ok) world.log.error("an agent's absence could not be noted", { instance: arn, error: outcome.error })
      else if (waiting === this.#missed) this.#awaitLost(arn, scope)
    }
  }
}

interface Missed {
  readonly scope: Scope
  readonly until: number
}

/** Instances whose agent was connected to whoever led before, and those of the pool whose agent was not. */
function awaitedInstances(tx: Tx) {
  const { anywhere } = tx
  return anywhere.scopes(containerInstances).flatMap((scope) =>
    anywhere
      .in(scope)
      .all(containerInstances)
      .filter(({ status, agentConnected }) => status !== "INACTIVE" && (agentConnected || isPoolScope(scope)))
      .map(({ arn, agentConnected: isConnected }) => ({ arn, scope, isConnected })),
  )
}

function isPoolScope(scope: Scope): boolean {
  return accountOf(scope) === POOL_ACCOUNT
}

/** Agents come back within a second or so from what was only a hiccup. */
const GRACE_MS = 10_000

/** After a restart of the region they may have backed off for longer. */
const RETURN_MS = 60_000

/** Longer than a machine takes to start anew, and than most of what keeps one from being reached: it goes on running its tasks. */
const LOST_MS = 5 * 60_000
const LOOK_MS = 1_000
const GIVEN_UP_PER_LOOK = 500
const TURN_MS_MAX = 8
const TURN_SESSIONS_MAX = 256
