import { setTimeout as sleep } from "node:timers/promises"
import type { Bench } from "./bench.ts"
import { memoryOfContainers } from "./container-memory.ts"
import type { Figure } from "./figure.ts"
import { type DockerLaunches, startDocker } from "./launch-docker.ts"
import { type Launches, startLaunches } from "./launch-homeport.ts"
import { launchSteps } from "./launch-steps.ts"
import { inTurns, once, ratioOf, spreadOf } from "./measure.ts"
import { clearProgress, progress } from "./progress.ts"

/** From asking for a task until it is seen to run, its image present, beside `docker run -d` and Docker's API. */
export const launchBench: Bench = async ({ say }) => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    say("Containers are measured on Linux as root only; no launch was measured.")
    return []
  }
  await using docker = await startDocker(say)
  await using homeport = await startLaunches("warn")
  const figures = [...(await alone(homeport, docker)), ...(await atOnce(homeport, docker))]
  if (docker !== undefined) figures.push(...(await clients(homeport, docker)))
  figures.push(...(await idleMemory(homeport, docker)))
  await homeport[Symbol.asyncDispose]()
  return [...figures, ...(await launchSteps(STEPS_ROUNDS))]
}

async function alone(homeport: Launches, docker: DockerLaunches | undefined): Promise<Figure[]> {
  const measured = await inTurns(
    "launch alone",
    {
      homeport: () => only(homeport.launch(1)),
      ...(docker && { run: () => only(docker.run(1)), api: () => only(docker.start(1)) }),
    },
    ALONE_ROUNDS,
  )
  const { homeport: ours, run, api } = measured
  return [
    ...(run === undefined ? [{ name: "launch, alone", unit: "ms" as const, ours: spreadOf(ours) }] : []),
    ...compared("launch, alone", ours, run, "docker run -d", { of: "ratio", atMost: 0.25 }),
    ...compared("launch, alone", ours, api, "Docker's API"),
    { name: "launch, alone, 99th percentile", unit: "ms", ours: once(percentile(ours, 99)), ...beside(run, 99) },
  ]
}

async function atOnce(homeport: Launches, docker: DockerLaunches | undefined): Promise<Figure[]> {
  const measured = await inTurns(
    `${COUNT} at once`,
    {
      homeport: () => homeport.launch(COUNT),
      ...(docker && { run: () => docker.run(COUNT), api: () => docker.start(COUNT) }),
    },
    AT_ONCE_ROUNDS,
  )
  const { homeport: ours, run, api } = measured
  const last = (rounds: readonly number[][] | undefined) => rounds?.map((times) => Math.max(...times))
  const name = `launch of ${COUNT} at once, until the last`
  const each = (percent: number): Figure => ({
    name: `launch of ${COUNT} at once, each, ${percent === 50 ? "median" : `${percent}th percentile`}`,
    unit: "ms",
    ours: once(percentile(ours.flat(), percent)),
    ...beside(run?.flat(), percent),
  })
  return [
    ...(run === undefined ? [{ name, unit: "ms" as const, ours: spreadOf(last(ours)!) }] : []),
    ...compared(name, last(ours)!, last(run), "docker run -d", { of: "ratio", atMost: 0.333 }),
    ...compared(name, last(ours)!, last(api), "Docker's API"),
    each(50),
    each(99),
  ]
}

/** What a launch pays before anything of it has begun: a first question over a new connection, or by a new process. */
async function clients(homeport: Launches, docker: DockerLaunches): Promise<Figure[]> {
  const measured = await inTurns("clients", {
    homeport: () => homeport.firstQuestion(),
    command: () => docker.firstCommand(),
    api: () => docker.firstQuestion(),
  })
  const name = "client's first question, nothing launched"
  return [
    ...compared(name, measured.homeport, measured.command, "docker ps"),
    ...compared(name, measured.homeport, measured.api, "Docker's API"),
  ]
}

async function idleMemory(homeport: Launches, docker: DockerLaunches | undefined): Promise<Figure[]> {
  progress("memory of idle tasks")
  const ours = await homeport.keeping(IDLE_COUNT, () => perContainer(homeport.cgroup))
  const theirs = await docker?.keeping(IDLE_COUNT, () => perContainer(docker.cgroup))
  clearProgress()
  const parts = (name: string, of: (memory: ReturnType<typeof memoryOfContainers>) => number): Figure => ({
    name: `memory of an idle task${name}`,
    unit: "MB",
    ours: once(of(ours) / 1e6),
    ...(theirs !== undefined && {
      theirs: { name: "Docker", spread: once(of(theirs) / 1e6) },
      ratio: once(of(ours) / of(theirs)),
    }),
  })
  return [
    parts("", ({ shim, own, kernel }) => shim + own + kernel),
    parts(": its shim", ({ shim }) => shim),
    parts(": the kernel's", ({ kernel }) => kernel),
  ]
}

async function perContainer(cgroup: string) {
  await sleep(SETTLE_MS)
  return memoryOfContainers(cgroup)
}

function compared(
  name: string,
  ours: readonly number[],
  theirs: readonly number[] | undefined,
  other: string,
  target?: Figure["target"],
): Figure[] {
  if (theirs === undefined) return []
  const spreads = { ours: spreadOf(ours), theirs: { name: other, spread: spreadOf(theirs) } }
  return [{ name, unit: "ms", ...spreads, ratio: ratioOf(ours, theirs), ...(target && { target }) }]
}

function beside(times: readonly number[] | undefined, percent: number): Pick<Figure, "theirs"> {
  return times === undefined ? {} : { theirs: { name: "docker run -d", spread: once(percentile(times, percent)) } }
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1]!
}

async function only(times: Promise<number[]>): Promise<number> {
  return (await times)[0]!
}

const ALONE_ROUNDS = 30
const AT_ONCE_ROUNDS = 3
const COUNT = 50
const IDLE_COUNT = 20
const SETTLE_MS = 3_000
const STEPS_ROUNDS = 20
