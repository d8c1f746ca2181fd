import { onTestFinished } from "vitest"
import { NodeFabric, type NodeFabricOptions } from "../../src/node/fabric/fabric.ts"
import type { LinuxHost } from "../../src/node/linux/open-host.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import type { FabricInterface } from "../../src/wire/fabric.ts"
import { realWorld } from "../../src/world/real.ts"
import { instanceArn, named } from "./fabric-records.ts"
import { testFolder } from "./folder.ts"
import { expectNoTraces, run, traces } from "./private-network.ts"

const real = realWorld({ logLevel: "error" })

/** The fabric of a machine, on the network of this thread. When a test is over, nothing may be left of it. */
export interface FabricMachine {
  readonly folder: string
  fabric: NodeFabric
  host: LinuxHost
  restart(): Promise<void>
  path(of: FabricInterface): Promise<string>
}

export async function openFabricMachine(options: Partial<NodeFabricOptions> = {}): Promise<FabricMachine> {
  const folder = testFolder()
  const before = traces(folder)
  const open = async () => {
    const host = await openHost({ world: real, stateFolder: folder, addresses: "172.29.0.0/16" })
    const fabric = new NodeFabric({ world: real, host, linkAddresses: "172.29.2.0/23", ...options })
    await fabric.host(instanceArn)
    return { host, fabric }
  }
  const machine: FabricMachine = {
    folder,
    ...(await open()),
    async restart() {
      await machine.fabric.close()
      await machine.host.close()
      Object.assign(machine, await open())
      await machine.fabric.settled()
    },
    path: (of) => machine.fabric.of(instanceArn).namespace("task", [named(of)]),
  }
  onTestFinished(async () => {
    await machine.fabric.forget("one")
    await machine.fabric.close()
    await machine.host.close()
    run(`umount ${folder}/netns`)
    await expectNoTraces(folder, before)
  })
  return machine
}
