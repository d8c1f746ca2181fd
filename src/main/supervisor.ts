import { type Child, Keeper } from "./keeper.ts"

// This process does little and stays small: what it loads, every installation pays for twice.

export interface Supervision {
  /** Starts the region's process; `answers` is to be called each time that it begins to. */
  readonly region: (answers: () => void) => Child

  /** The node beside it, once the region has answered; absent where no containers are to run. */
  readonly node?: {
    readonly start: (answers: () => void) => Child
    readonly say: (line: string) => void
  }
  readonly say: (line: string) => void
}

/**
 * Keeps region and node running until told to stop, or the region refuses to run; resolves with the region's exit code.
 * A node that cannot run is told of, and the region goes on without.
 */
export async function supervise({ region, node, say }: Supervision): Promise<number> {
  const nodeKeeper = node && new Keeper({ name: "node", ...node })
  let nodeEnded: Promise<number> | undefined
  const regionKeeper = new Keeper({
    name: "region",
    say,
    start: (answers) =>
      region(() => {
        answers()
        // It finds a region that starts again by itself.
        nodeEnded ??= nodeKeeper?.keep()
      }),
  })
  let stopping = false
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (!stopping) say("Stopping.")
      stopping = true
      // Neither gets the terminal's Control-C itself: they are in process groups of their own.
      nodeKeeper?.stop()
      regionKeeper.stop()
    })
  }
  const code = await regionKeeper.keep()
  nodeKeeper?.stop()
  await nodeEnded
  return code
}
