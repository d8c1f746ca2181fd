import type { SimulatedWorld } from "../../src/world/simulated.ts"
import type { Random } from "../../src/world/world.ts"
import type { AccessKeyId } from "../identity.ts"
import type { Path } from "../network.ts"
import type { Transcript } from "../transcript.ts"
import type { OwnHost } from "./own/host.ts"

/** A machine with its disk, and the agent that comes and goes on it. What runs goes on running without the agent. */
export interface Host {
  readonly instanceArn: string | undefined
  readonly agent: AgentSight | undefined

  /** The agent sees no use in trying any more: the machine must be set up anew. */
  readonly hasGivenUp: boolean

  /** What can be seen of our own agent and its machine; undefined where another one runs. */
  readonly own: OwnHost | undefined

  /** Tasks of which containers run right now. */
  running(): string[]

  /** What the region has taken of what was reported to it. */
  taken(): Iterable<readonly [task: string, status: ReportedStatus]>
  startAgent(): void

  /** The agent's process ends as with `kill -9`. */
  killAgent(): void

  /** The machine loses its power, and with it all that runs. What is on its disk stays. */
  powerOff(): void

  /** The kernel ends a container of this task. */
  kill(task: string): void

  /** Another machine with a copy of the disk. */
  twin(place: HostPlace): Host

  /** The faults of the machine itself are over. */
  mend(): void
}

export type ReportedStatus = "PENDING" | "RUNNING" | "STOPPED"

export interface AgentSight {
  readonly isConnected: boolean

  /** Whether it is connected, and the region has not closed its end either. */
  readonly isLinked: boolean

  /** Whether there is nothing left to tell the region. */
  readonly isQuiet: boolean
}

/** What a node is for: a cluster's instance, or one of the pool that is FARGATE. */
export interface NodeProperties {
  readonly name: string
  readonly agent: "own" | "foreign"
  readonly cluster: string
  readonly isPool: boolean

  /** In processors and MiB. */
  readonly processors: number
  readonly memory: number
  readonly zone: string
  readonly tier: string
}

/** Where a host stands, and what it is for. */
export interface HostPlace {
  readonly properties: NodeProperties
  readonly path: Path
  readonly keyId: AccessKeyId

  /** Ports that nobody fixes are counted up from here: twins of one identity must not find the same ones. */
  readonly firstPort: number
}

export interface HostSurroundings {
  readonly world: SimulatedWorld
  readonly random: Random
  readonly transcript: Transcript

  /** Every task that any machine has ever run. */
  readonly ran: Set<string>

  /** What went against an invariant. */
  readonly found: (invariant: string, what: string) => void
}
