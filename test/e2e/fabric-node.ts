import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { expect, onTestFinished } from "vitest"
import type { FabricPut } from "../../src/wire/fabric.ts"
import { testFolder } from "./folder.ts"
import { run } from "./private-network.ts"

export interface FabricNodeOptions {
  readonly network: string
  readonly instanceArn: string
  readonly underlayAddress: string
  readonly linkAddresses: string
}

/** A machine whose fabric is another process, which can be killed. */
export interface FabricNode {
  snapshot(version: number, put: FabricPut): Promise<unknown>
  change(version: number, put: FabricPut, removed: Readonly<Record<string, readonly string[]>>): Promise<unknown>

  /** Ends it without a word. */
  kill(): Promise<void>
  start(): Promise<void>
  path(interfaceId: string): string
}

export async function openFabricNode(options: FabricNodeOptions): Promise<FabricNode> {
  const { network, instanceArn, underlayAddress, linkAddresses } = options
  const folder = testFolder()
  const script = new URL("./fabric-process.ts", import.meta.url).pathname
  const start = async () => {
    const parameters = [script, folder, instanceArn, underlayAddress, linkAddresses]
    const child = spawn("nsenter", [`--net=${network}`, process.execPath, ...parameters], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const answer = async () => JSON.parse((await lines.next()).value ?? '"the process has ended"')
    expect(await answer()).toEqual([])
    return { child, answer }
  }
  let running = await start()
  const kill = async () => {
    running.child.kill("SIGKILL")
    await once(running.child, "exit")
  }
  const say = (words: unknown) => {
    running.child.stdin.write(`${JSON.stringify(words)}\n`)
    return running.answer()
  }
  onTestFinished(async () => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) running = await start()
    expect(await say({})).toEqual([])
    running.child.stdin.end()
    await once(running.child, "exit")
    const left = ["routers", "elastics"].flatMap((kind) => {
      const place = join(folder, "netns", kind)
      return existsSync(place) ? readdirSync(place) : []
    })
    expect(left).toEqual([])
    run(`umount ${folder}/netns`)
  })
  return {
    snapshot: (version, put) => say({ version, put }),
    change: (version, put, removed) => say({ version, put, removed }),
    kill,
    async start() {
      running = await start()
    },
    path: (interfaceId) => join(folder, "netns", "elastics", interfaceId),
  }
}
