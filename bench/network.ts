import type { Bench } from "./bench.ts"
import type { Figure } from "./figure.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"
import { launchFigures } from "./network-launch.ts"
import { openPaths } from "./network-paths.ts"
import { ruleFigures } from "./network-rules.ts"
import { clearProgress } from "./progress.ts"

/** What a packet, a rule and a launch pay for an interface of the task's own. */
export const networkBench: Bench = async ({ seconds, say }) => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    say("Networks are measured on Linux as root only; none was measured.")
    return []
  }
  const figures = [...(await pathFigures(seconds)), ...(await ruleFigures()), ...(await launchFigures(say))]
  clearProgress()
  return figures
}

async function pathFigures(seconds: number): Promise<Figure[]> {
  await using paths = await openPaths()
  const figures: Figure[] = []
  for (const kind of ["round trip", "throughput"] as const) {
    const task = { kind, seconds }
    const { near, logged, nearByBridge, far, farByBridge } = await inTurns(kind, {
      logged: () => paths.logged.run(task),
      near: () => paths.near.run(task),
      nearByBridge: () => paths.nearByBridge.run(task),
      far: () => paths.far.run(task),
      farByBridge: () => paths.farByBridge.run(task),
    })
    const figure = (where: string, ours: readonly number[], theirs: readonly number[], other: string): Figure => ({
      name: `${kind}, task to task ${where}`,
      unit: kind === "round trip" ? "ms" : "MB/s",
      ours: spreadOf(ours),
      theirs: { name: other, spread: spreadOf(theirs) },
      ratio: ratioOf(ours, theirs),
    })
    figures.push(figure("on one machine", near, nearByBridge, "bridge"))
    figures.push(figure("on one machine, with a flow log", logged, near, "without"))
    figures.push(figure("on two machines", far, farByBridge, "bridges, routed"))
  }
  return figures
}
