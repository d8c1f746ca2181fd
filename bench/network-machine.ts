import { spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import { NodeFabric } from "../src/node/fabric/fabric.ts"
import { openHost } from "../src/node/linux/open-host.ts"
import type { FabricPut } from "../src/wire/fabric.ts"
import { realWorld } from "../src/world/real.ts"
import { instanceArn } from "../test/e2e/fabric-records.ts"

// The network of one machine as a process of its own, in the namespace that it is started in. It answers with how many
// milliseconds it took until what it was told was in force.

export type MachineTask =
  | { readonly kind: "snapshot"; readonly put: FabricPut }

  /** Each on its own, one after the other: what is asked for is answered for each. */
  | { readonly kind: "changes"; readonly puts: readonly FabricPut[] }
  | { readonly kind: "commands"; readonly commands: readonly (readonly string[])[] }

const [stateFolder = "", host = instanceArn, underlayAddress = "", linkAddresses = ""] = process.argv.slice(2)
const world = realWorld({ logLevel: "error" })
const linux = await openHost({ world, stateFolder, addresses: "172.29.0.0/16" })
const fabric = new NodeFabric({
  world,
  host: linux,
  linkAddresses,
  ...(underlayAddress !== "" && { underlayAddress }),
})
await fabric.host(host)
console.log("true")

let version = 0
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))))
}
await fabric.close()
await linux.close()

async function run(task: MachineTask): Promise<number[]> {
  switch (task.kind) {
    case "snapshot":
      return [await timed(() => fabric.snapshot("stream", ++version, task.put))]
    case "changes": {
      const times: number[] = []
      for (const put of task.puts) times.push(await timed(() => fabric.change("stream", ++version, put, {})))
      return times
    }
    case "commands":
      return Promise.all(
        task.commands.map(([program = "", ...words]) =>
          timed(async () => {
            const { status, stderr } = spawnSync(program, words, { encoding: "utf8" })
            return status === 0 ? [] : [stderr]
          }),
        ),
      )
  }
}

async function timed(work: () => Promise<readonly unknown[]>): Promise<number> {
  const startedAt = performance.now()
  const failures = await work()
  if (failures.length > 0) throw new Error(JSON.stringify(failures))
  return performance.now() - startedAt
}
