import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline/promises"
import { command } from "../command.ts"
import { status } from "../control.ts"
import { contentOf, type DataDirectory, readRunRecord } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { nodeStatus, stopTasks } from "../node/node-control.ts"
import { asRoot } from "../node/node-process.ts"
import { isAlive } from "../process-identity.ts"
import { installedPackages, removePackages } from "../system-packages.ts"
import { down } from "./down.ts"
import { dataOf, dataOption } from "./options.ts"

export const uninstall = command({
  about: `Stops every task and every process of this data directory, and removes all that Homeport made on the machine: the data
with its journal and its master key, containers, images, networks and cgroups. There is no way back. What else lies in
the directory stays, and so does the folder that this program is in.`,
  options: {
    ...dataOption,
    yes: { type: "boolean", help: "do not ask" },
    packages: { type: "boolean", help: "also remove the Debian packages that Homeport installed" },
  },
  async run(values) {
    const data = dataOf(values)
    const installed = installedPackages()
    if (!existsSync(data.path)) throw new Refusal(`There is no Homeport in ${data.path}.`)
    if (!existsSync(data.masterKey) && !existsSync(data.node))
      throw new Refusal(`${data.path} does not look like a Homeport's data; nothing was touched.`)
    const wanted = values.packages === true ? installed : []
    if (values.yes !== true && !(await confirmed(data, wanted))) {
      console.log("Nothing was touched.")
      return EXIT.failed
    }
    await stopAll(data)
    if (existsSync(data.node)) await removeNode(data)
    const foreign = removeData(data)
    console.log(`Removed ${data.path}, and all that Homeport made on this machine.`)
    if (foreign.length > 0) console.log(`Left what is not Homeport's there: ${foreign.join(" ")}`)
    if (wanted.length > 0) removePackages(wanted)
    else if (installed.length > 0)
      console.log(`Left the packages that it installed: ${installed.join(" ")} (--packages removes them too).`)
    return EXIT.ok
  },
})

async function confirmed({ path }: DataDirectory, packages: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Refusal("This removes everything; say --yes where nobody can be asked.", EXIT.usage)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const what = packages.length === 0 ? path : `${path} and the packages ${packages.join(" ")}`
  const answer = await terminal.question(`Remove ${what}, with every task? Type "yes": `)
  terminal.close()
  return answer.trim() === "yes"
}

async function stopAll(data: DataDirectory): Promise<void> {
  const node = await nodeStatus(data)
  if (node !== undefined) await stopTasks(data)
  const supervisor = readRunRecord(data)?.supervisor
  const isSupervised = supervisor !== undefined && isAlive(supervisor)
  if (isSupervised || node !== undefined || (await status(data)) !== undefined) await down.run({ data: data.path }, [])
}

/** What root has made only root can take away; then this command is begun again as root, for that part alone. */
async function removeNode(data: DataDirectory): Promise<void> {
  const [sudo, ...words] = asRoot()
  if (sudo !== undefined) {
    const again = [process.execPath, ...process.execArgv, process.argv[1]!, "uninstall", "--yes", "--data", data.path]
    const { status: code } = spawnSync(sudo, [...words, ...again], { stdio: ["ignore", "ignore", "inherit"] })
    if (code !== 0) throw new Refusal("The node could not be removed as root; see above.", EXIT.failed)
    return
  }
  const { dismantle } = await import("../node/dismantle.ts")
  await dismantle(data)
}

/** Everything of ours; what is not ours is named and stays. */
function removeData(data: DataDirectory): readonly string[] {
  // The part that root did may have left nothing.
  if (!existsSync(data.path)) return []
  const { own, foreign } = contentOf(data)
  for (const name of own) rmSync(join(data.path, name), { recursive: true, force: true })
  if (readdirSync(data.path).length === 0) rmdirSync(data.path)
  return foreign
}
