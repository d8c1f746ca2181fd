import { command } from "../command.ts"
import { status, stop } from "../control.ts"
import { type DataDirectory, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { isAlive } from "../process-identity.ts"
import { dataOf, dataOption } from "./options.ts"

export const down = command({
  about: "Lets answers under way finish and ends all of Homeport's processes of this data directory. The data stays.",
  options: dataOption,
  async run(values) {
    const data = dataOf(values)
    const record = readRunRecord(data)
    const supervisor = record?.supervisor
    const supervised = supervisor !== undefined && isAlive(supervisor)
    const running = await status(data)
    if (running === undefined && !supervised) {
      console.log(`Homeport is not running with data in ${data.path}.`)
      return EXIT.ok
    }

    // The supervisor passes it on to the region, and does not start it again.
    if (supervised) process.kill(supervisor.pid, "SIGTERM")
    else await stop(data)
    await gone(data, () => supervised && isAlive(supervisor))
    console.log("Homeport has stopped.")
    return EXIT.ok
  },
})

async function gone(data: DataDirectory, supervisorLives: () => boolean): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    if (!supervisorLives() && (await status(data)) === undefined) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Refusal(`Homeport with data in ${data.path} does not stop.`, EXIT.failed)
}

const LOOK_MS = 20
const LOOKS_MAX = 1_500
