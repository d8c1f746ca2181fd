import type { Socket, SocketHost } from "../../../aws/socket.ts"
import { type ChangeSet, INSTALLATION, type RecordChange } from "../../../store/changes.ts"
import type { Store } from "../../../store/store.ts"
import type { World } from "../../../world/world.ts"
import { affectedVpcs, SOURCES } from "../affected.ts"
import type { TakeFlows } from "../flows.ts"
import { type HostedInterface, hostedInterfaces, machines } from "../tables.ts"
import { CLOSE } from "./close.ts"
import { type HostView, Plane } from "./plane.ts"
import { type ConnectedMachine, FabricSession, type SessionHost } from "./session.ts"

/** The machines that are connected to this process. What changes is heard from the store once it is durable. */
export class Hub implements SessionHost {
  readonly world: World
  readonly store: Store
  readonly plane: Plane
  readonly takeFlows: TakeFlows
  readonly #sessions = new Map<string, FabricSession>()

  /** Views of machines that have gone, with the time until which they can resume where they were. */
  readonly #left = new Map<string, { readonly view: HostView; readonly until: number }>()

  /** Sessions that have asked for a turn. */
  readonly #waiting = new Set<FabricSession>()
  #isTurning = false
  #isLooking = false

  constructor({ world, store }: SocketHost, takeFlows: TakeFlows = () => {}) {
    this.takeFlows = takeFlows
    this.world = world
    this.store = store
    this.plane = new Plane(world.now() * VERSIONS_PER_MS)
    store.watch(INSTALLATION, {
      tables: [...SOURCES, machines],
      snapshot: () => {},
      begin: () => {},
      changed: (set) => this.#changed(set),
    })
  }

  /** Takes a machine's connection. The newest one counts. */
  take(socket: Socket, machine: ConnectedMachine): void {
    const earlier = this.#sessions.get(machine.host)
    this.#sessions.delete(machine.host)
    earlier?.end(CLOSE.replaced, "the machine has connected anew")
    const session = new FabricSession(this, socket, machine)
    socket.listen(session)
    if (this.store.isBehind || !this.store.leads) {
      session.end(CLOSE.failed, "Homeport is behind; try again")
      return
    }
    this.#sessions.set(machine.host, session)
    this.#left.delete(machine.host)
    session.begin()
    this.#lookLater()
  }

  wake(session: FabricSession): void {
    this.#waiting.add(session)
    if (this.#isTurning) return
    this.#isTurning = true
    this.world.after(0, () => this.#turn())
  }

  ended(session: FabricSession): void {
    const { machine, view } = session
    this.#waiting.delete(session)
    if (this.#sessions.get(machine.host) === session) this.#sessions.delete(machine.host)
    if (this.#sessions.has(machine.host)) return
    this.#left.set(machine.host, { view, until: this.world.monotonic() + REMEMBERED_MS })
    this.#lookLater()
  }

  #changed({ changes }: ChangeSet): void {
    // Looked up as things are now; whatever has changed since then is heard of as well.
    const outcome = this.store.attempt(INSTALLATION, (tx) => {
      const vpcIds = new Set<string>()
      for (const change of changes) for (const vpcId of affectedVpcs(tx, change)) vpcIds.add(vpcId)
      return vpcIds
    })
    if (!outcome.ok) throw outcome.error
    for (const vpcId of outcome.value) {
      this.plane.touch(vpcId)
      for (const host of this.plane.followers(vpcId)) this.#sessions.get(host)?.changed()
    }
    for (const change of changes) {
      if (change.table === hostedInterfaces) this.#sessions.get(hostOf(change))?.changed()
      // Where a machine is reached concerns all that share a VPC with it. It hardly ever changes.
      else if (change.table === machines) this.#machineChanged(change)
    }
  }

  #machineChanged({ key, after }: RecordChange): void {
    for (const session of this.#sessions.values()) session.changed()
    if (after === undefined) this.#sessions.get(key)?.retire()
  }

  /** Gives turns to those who asked, a few milliseconds' worth at a time. */
  #turn(): void {
    this.#isTurning = false
    if (!this.store.leads) return
    const end = this.world.monotonic() + TURN_MS_MAX
    for (const session of this.#waiting) {
      if (this.world.monotonic() > end) break
      this.#waiting.delete(session)
      session.turn()
    }
    const [next] = this.#waiting
    if (next !== undefined) this.wake(next)
  }

  /** One look at everyone each second, instead of timers for each. */
  #lookLater(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.world.after(LOOK_MS, () => {
      this.#isLooking = false
      if (!this.store.leads) return
      const now = this.world.monotonic()
      for (const session of this.#sessions.values()) session.look(now)
      for (const [host, { view, until }] of this.#left) {
        if (until > now && this.#left.size <= LEFT_MAX) break
        this.#left.delete(host)
        this.plane.forget(view)
      }
      if (this.#sessions.size + this.#left.size > 0) this.#lookLater()
    })
  }
}

function hostOf({ before, after }: RecordChange): string {
  return ((after ?? before) as HostedInterface).host
}

/** So that a process that starts later counts on from higher versions, however much this one does. */
const VERSIONS_PER_MS = 1_024

/** Long enough for a machine that was cut off, or a network that was mended. */
const REMEMBERED_MS = 5 * 60_000
const LEFT_MAX = 1_000
const LOOK_MS = 1_000
const TURN_MS_MAX = 8
