import { createInterface } from "node:readline"
import { NodeFabric } from "../../src/node/fabric/fabric.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"

// The fabric of a machine as a process of its own, in the network that it is started in. Each line of its input is a
// change, and is answered by a line when it is in force.

const [stateFolder = "", instanceArn = "", underlayAddress = "", linkAddresses = ""] = process.argv.slice(2)
const world = realWorld({ logLevel: "error" })
const host = await openHost({ world, stateFolder, addresses: "172.29.0.0/16" })
const fabric = new NodeFabric({ world, host, underlayAddress, linkAddresses })
await fabric.host(instanceArn)
console.log(JSON.stringify(await fabric.settled()))

for await (const line of createInterface({ input: process.stdin })) {
  const { version, put, removed } = JSON.parse(line)
  if (put === undefined) await fabric.forget("stream")
  const done =
    put === undefined
      ? await fabric.settled()
      : removed === undefined
        ? await fabric.snapshot("stream", version, put)
        : await fabric.change("stream", version, put, removed)
  console.log(JSON.stringify(done))
}
await fabric.close()
await host.close()
