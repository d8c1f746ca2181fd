import { expect, onTestFinished, test } from "vitest"
import { recordingLog } from "../../src/world/log.ts"
import { realWorld } from "../../src/world/real.ts"
import { openFabricMachine } from "./fabric-machine.ts"
import { aNetwork, anInterface, aRouteTable } from "./fabric-records.ts"
import { answer, ask, enterPrivateNetwork, run } from "./private-network.ts"
import { until } from "./until.ts"

// A machine whose own firewall refuses what it forwards.

const { hostAddress, world, worldAddress } = enterPrivateNetwork()

async function openWithWayOut() {
  const log = recordingLog()
  const machine = await openFabricMachine({ world: { ...realWorld({ logLevel: "error" }), log } })
  const app = anInterface("eni-app", "10.0.0.5", { publicAddress: "198.18.0.5" })
  const routes = [{ destination: "0.0.0.0/0", target: "internet" as const }]
  expect(await machine.fabric.snapshot("one", 1, aNetwork([app], { routeTable: [aRouteTable({ routes })] }))).toEqual(
    [],
  )
  await answer(world, "tcp", 80, "world")
  const warnings = () => log.lines.filter(({ level }) => level === "warn")
  return { here: await machine.path(app), warnings }
}

test("a rule of iptables that rejects everything lets VPCs pass, and is as it was when they have gone", async () => {
  run("iptables -A FORWARD -j REJECT --reject-with icmp-host-prohibited")
  onTestFinished(() => void run("nft delete table ip filter"))
  const { here, warnings } = await openWithWayOut()
  expect(await ask(here, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
  expect(warnings()).toEqual([])
})

test("of a firewall that is not ours to change it is said once what stands in the way, and what is said helps", async () => {
  run("nft add table inet stranger")
  onTestFinished(() => void run("nft delete table inet stranger"))
  run("nft add chain inet stranger forward '{ type filter hook forward priority 5; policy drop; }'")
  const { here, warnings } = await openWithWayOut()
  expect(await ask(here, "tcp", worldAddress, 80)).toBe("nothing")
  await until(() => warnings().length > 0)
  const { chain, remedy } = warnings()[0]!.fields
  expect(chain).toBe("inet stranger forward")
  run(String(remedy).slice(String(remedy).indexOf("nft ")))
  expect(await ask(here, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
  expect(warnings()).toHaveLength(1)
  run("nft flush chain inet stranger forward")
})
