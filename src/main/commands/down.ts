import { existsSync } from "node:fs"
import { command } from "../command.ts"
import { NoAnswer, status, stop } from "../control.ts"
import { type DataDirectory, dataHint, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { nodeStatus, stopNode, stopTasks } from "../node/node-control.ts"
import { isAlive } from "../process-identity.ts"
import { dataOf, dataOption } from "./options.ts"

export const down = command({
  about: `Lets answers under way finish and ends all of Homeport's processes of this data directory. The data stays, and tasks
run on unless --tasks says otherwise: the next "up" finds them.`,
  options: { ...dataOption, tasks: { type: "boolean", help: "stop the tasks of this machine first" } },
  async run(values) {
    const data = dataOf(values)
    if (values.tasks === true) await endTasks(data)
    const supervisor = readRunRecord(data)?.supervisor
    const isSupervised = () => supervisor !== undefined && isAlive(supervisor)

    // The supervisor passes it on to the region and the node, does not start them again, and ends what hangs. It is told
    // before anyone asks the region, which may not answer.
    if (isSupervised()) process.kill(supervisor!.pid, "SIGTERM")
    else {
      const runs = { region: (await status(data)) !== undefined, node: (await nodeStatus(data)) !== undefined }
      if (!runs.region && !runs.node) {
        console.log(`Homeport is not running with data in ${data.path}.`)
        return EXIT.ok
      }
      if (runs.region) await stop(data)
      if (runs.node) await stopNode(data)
    }
    await gone(data, isSupervised)
    console.log("Homeport has stopped.")
    return EXIT.ok
  },
})

async function endTasks(data: DataDirectory): Promise<void> {
  if ((await nodeStatus(data)) === undefined) {
    if (!existsSync(data.node)) return
    throw new Refusal(
      `No node runs with data in ${data.path}, so nobody can stop its tasks. Start it with: homeport up${dataHint(data)}`,
      EXIT.failed,
    )
  }
  const { stopped } = await stopTasks(data)
  console.log(`Stopped ${stopped} task${stopped === 1 ? "" : "s"}.`)
}

async function gone(data: DataDirectory, isSupervised: () => boolean): Promise<void> {
  const until = performance.now() + GONE_MS_MAX
  while (performance.now() < until) {
    if (!isSupervised() && !(await isThere(data))) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Refusal(`Homeport with data in ${data.path} does not stop.`, EXIT.failed)
}

async function isThere(data: DataDirectory): Promise<boolean> {
  try {
    return (await status(data)) !== undefined || (await nodeStatus(data)) !== undefined
  } catch (error) {
    if (error instanceof NoAnswer) return true
    throw error
  }
}

const LOOK_MS = 20

/** Some seconds more than the supervisor gives a region that hangs. */
const GONE_MS_MAX = 32_000
