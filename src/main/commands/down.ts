import { command } from "../command.ts"
import { NoAnswer, status, stop } from "../control.ts"
import { type DataDirectory, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { isAlive } from "../process-identity.ts"
import { dataOf, dataOption } from "./options.ts"

export const down = command({
  about: "Lets answers under way finish and ends all of Homeport's processes of this data directory. The data stays.",
  options: dataOption,
  async run(values) {
    const data = dataOf(values)
    const supervisor = readRunRecord(data)?.supervisor
    const isSupervised = () => supervisor !== undefined && isAlive(supervisor)

    // The supervisor passes it on to the region, does not start it again, and ends it when it hangs. It is told before
    // anyone asks the region, which may not answer.
    if (isSupervised()) process.kill(supervisor!.pid, "SIGTERM")
    else if ((await status(data)) !== undefined) await stop(data)
    else {
      console.log(`Homeport is not running with data in ${data.path}.`)
      return EXIT.ok
    }
    await gone(data, isSupervised)
    console.log("Homeport has stopped.")
    return EXIT.ok
  },
})

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
    return (await status(data)) !== undefined
  } catch (error) {
    if (error instanceof NoAnswer) return true
    throw error
  }
}

const LOOK_MS = 20

/** Some seconds more than the supervisor gives a region that hangs. */
const GONE_MS_MAX = 32_000
