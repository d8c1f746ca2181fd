import { command } from "../command.ts"
import { type Status, status } from "../control.ts"
import { readRunRecord } from "../data.ts"
import { EXIT } from "../exit.ts"
import { isAlive } from "../process-identity.ts"
import { dataOf, dataOption } from "./options.ts"

export const statusCommand = command({
  about: "Exit code 0 when it answers, 1 when it does not run or cannot answer.",
  options: { ...dataOption, json: { type: "boolean", help: "print it as JSON" } },
  async run(values) {
    const data = dataOf(values)
    const found = await status(data)
    if (found === undefined) {
      const supervisor = readRunRecord(data)?.supervisor
      const starting = supervisor !== undefined && isAlive(supervisor)
      const sentence = starting
        ? `Homeport is starting again (process ${supervisor.pid}) with data in ${data.path}.`
        : `Homeport is not running with data in ${data.path}.`
      console.log(values.json === true ? JSON.stringify({ running: false, starting, data: data.path }) : sentence)
      return EXIT.failed
    }
    console.log(values.json === true ? JSON.stringify({ running: true, ...found }) : describe(found))
    return found.ready ? EXIT.ok : EXIT.failed
  },
})

function describe(status: Status): string {
  const { leads, leader, ready } = status
  const role = leads ? "leads" : leader === undefined ? "waits for a leader" : `standby; ${leader} leads`
  return `Homeport ${status.version} ${ready ? "answers" : "does not answer"} at ${status.endpoint}
  process    ${status.pid}, for ${duration(Date.now() - status.startedAt)}; ${role}
  data       ${status.data} (${status.journal})
  accounts   ${status.accounts}
  records    ${status.records}, version ${status.storeVersion}
  in flight  ${status.inFlight}${status.dev ? "\n  dev        accepts any credentials" : ""}`
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
