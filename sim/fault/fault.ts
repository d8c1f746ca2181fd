import type { SimulatedWorld } from "../../src/world/simulated.ts"
import type { Random } from "../../src/world/world.ts"
import type { Network } from "../network.ts"
import type { Node } from "../node/node.ts"
import type { Region } from "../region.ts"
import type { Transcript } from "../transcript.ts"

/** What faults befall. */
export interface Victims {
  readonly world: SimulatedWorld
  readonly random: Random
  readonly network: Network
  readonly region: Region
  readonly nodes: Node[]
  readonly transcript: Transcript

  /** Whether faults are over: what is broken then stays whole, and is mended by whoever mends everything. */
  readonly isOver: () => boolean
  readonly restartRegion: (afterMs: number) => void
  readonly appendMs: (range: readonly [number, number]) => void
}

/** One way in which the world fails, for a while. */
export interface Fault {
  readonly name: string
  readonly weight: number
  readonly strike: (victims: Victims) => Promise<void>
}
