import type { HandOver } from "../command.ts"

/** Benchmarks look at Homeport from outside; what is inside knows no more of them than where they lie. */
const PLACE = new URL("../../../bench/run.ts", import.meta.url)

export const bench: HandOver = {
  async handOver(args) {
    const { runBench } = (await import(PLACE.href)) as { runBench(args: readonly string[]): Promise<number> }
    return runBench(args)
  },
}
