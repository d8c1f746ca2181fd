import { existsSync, readFileSync } from "node:fs"
import { chooseEngine, type EngineChoice, type Findings } from "../../node/engine/detect.ts"
import { lookForEngines } from "../../node/engine/docker/look.ts"
import type { World } from "../../world/world.ts"
import { writeDurably } from "../durable-file.ts"
import { EXIT, Refusal } from "../exit.ts"
import { tasksOf } from "./agent-files.ts"
import { readMemberships } from "./membership.ts"
import type { NodeDirectory } from "./node-directory.ts"

export type EngineName = "containerd" | "docker"
export type Chosen = Exclude<EngineChoice, { readonly engine: undefined }>

/** What runs this machine's containers: what was asked for, else what did before, else what works. Refuses when nothing can. */
export async function chooseHere(directory: NodeDirectory, wanted: EngineName | undefined): Promise<Chosen> {
  return choose(await lookHere(), wanted, enginesOf(directory).at(-1))
}

/** What could run containers on this machine, for the user of this process. */
export function lookHere(): Promise<Findings> {
  const { PATH = "", DOCKER_HOST, HOME } = process.env
  return lookForEngines({
    searchPath: PATH,
    ...(DOCKER_HOST !== undefined && { dockerHost: DOCKER_HOST }),
    ...(HOME !== undefined && { home: HOME }),
  })
}

export function choose(found: Findings, wanted: EngineName | undefined, last: EngineName | undefined): Chosen {
  const asBefore = wanted === undefined && last !== undefined ? chooseEngine(found, last) : undefined
  const choice = asBefore?.engine === undefined ? chooseEngine(found, wanted) : asBefore
  if (choice.engine !== undefined) return choice
  // A Docker that was there may only be late.
  const isLate = wanted === "docker" || last === "docker"
  throw new Refusal(`No containers can run on this machine. ${choice.problem}`, isLate ? EXIT.failed : EXIT.refused)
}

/** Those that have run containers here, the last one last. */
export function enginesOf({ engines }: NodeDirectory): readonly EngineName[] {
  return existsSync(engines) ? JSON.parse(readFileSync(engines, "utf8")) : []
}

/** What still runs by another engine would be lost sight of, so a change is refused until it has ended. */
export function mustNotStrand(directory: NodeDirectory, engine: EngineName, world: World): void {
  const last = enginesOf(directory).at(-1)
  if (last === undefined || last === engine) return
  const running = tasksLeft(directory, world)
  if (running === 0) return
  throw new Refusal(
    `${running} of this machine's tasks ${running === 1 ? "runs" : "run"} through ${last}. Start with --engine ${last}, stop them with "homeport down --tasks", then choose ${engine}.`,
  )
}

/** Writes down what runs containers from now on. */
export function settleOn(directory: NodeDirectory, engine: EngineName): void {
  const used = enginesOf(directory)
  if (used.at(-1) === engine) return
  writeDurably(directory.engines, `${JSON.stringify([...used.filter((each) => each !== engine), engine])}\n`)
}

function tasksLeft(directory: NodeDirectory, world: World): number {
  const all = readMemberships(directory).flatMap(({ name }) => tasksOf(directory, name, world))
  return all.filter(({ knownStatus }) => knownStatus !== "STOPPED").length
}
