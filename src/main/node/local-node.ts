import type { DataDirectory } from "../data.ts"
import type { Child } from "../keeper.ts"
import { openLog } from "../log-file.ts"
import { nodeDirectory } from "./node-directory.ts"
import { nodeProcess } from "./node-process.ts"

export interface LocalPlace {
  readonly region: string
  readonly cluster: string
}

export interface LocalNode {
  readonly data: DataDirectory
  readonly program: readonly [file: string, ...words: string[]]
  readonly words: readonly string[]

  /** Where this machine's own container instance belongs. */
  readonly place: LocalPlace

  /** Called each time that containers can run, with what runs them. */
  readonly ready: (engine: string, seconds: number) => void
}

/** The node of the machine that the region runs on, started again and again beside it. */
export function localNode({ data, program, words, place, ready }: LocalNode): (answers: () => void) => Child {
  const { region, cluster } = place
  // Another user's usual place is another one, and the node is root's.
  const where = ["--data", data.path, "--region", region, "--cluster", cluster, "--lifeline"]
  return nodeProcess({
    program,
    args: () => ["node", "run", ...words, ...where],
    logTo: openLog(nodeDirectory(data).log),
    heard(report) {
      if (report.kind === "ready") ready(report.engine, report.seconds)
    },
  })
}
