import { readFileSync } from "node:fs"
import { nodeDirectory } from "../src/main/node/node-directory.ts"
import type { Figure } from "./figure.ts"
import { type Launch, startLaunches } from "./launch-homeport.ts"
import { spreadOf } from "./measure.ts"
import { clearProgress, progress } from "./progress.ts"

/** Where the time of a launch goes: what its caller saw, and what the node wrote down of it. */
export async function launchSteps(rounds: number): Promise<Figure[]> {
  await using homeport = await startLaunches("debug")
  const launches: Launch[] = []
  for (let round = 0; round <= rounds; round++) {
    progress(`steps of a launch: round ${round} of ${rounds}`)
    const [launch] = await homeport.launches(1)
    if (round > 0) launches.push(launch!)
  }
  clearProgress()
  const noted = notesOf(readFileSync(nodeDirectory(homeport.data).log, "utf8"))
  const figure = (name: string, of: (launch: Launch, at: (step: string) => number) => number): Figure => {
    const times = launches.map((launch) => of(launch, (step) => noted.get(`${launch.arn} ${step}`)!))
    return { name: `  of a launch: ${name}`, unit: "ms", ours: spreadOf(times) }
  }
  return [
    figure("RunTask is answered", ({ answeredAfter }) => answeredAfter),
    figure("from there, until the agent has the task", (launch, at) => at(CAME) - launch.sentAt - launch.answeredAfter),
    figure("image looked up, network begun", (_, at) => at("PULLED") - at(CAME)),
    figure("network, log and container made", (_, at) => at("CREATED") - at("PULLED")),
    figure("container started", (_, at) => at("RUNNING") - at("CREATED")),
    figure("reported, durable and seen", ({ sentAt, runsAfter }, at) => sentAt + runsAfter - at("RUNNING")),
  ]
}

/** When what happened, by the task and the step. */
function notesOf(log: string): ReadonlyMap<string, number> {
  const notes = new Map<string, number>()
  for (const line of log.split("\n")) {
    if (!line.includes('"task":')) continue
    const { time, message, task, status = CAME } = JSON.parse(line) as Readonly<Record<string, string>>
    const isStep = message === "a task has come" || message === "a container is further"
    if (isStep && time !== undefined) notes.set(`${task} ${status}`, Date.parse(time))
  }
  return notes
}

const CAME = "come"
