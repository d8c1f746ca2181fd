import { expect, test } from "vitest"
import type { FabricFlow, FabricInterface, FabricInterfaceFlows } from "../../src/wire/fabric.ts"
import { openFabricMachine } from "./fabric-machine.ts"
import { aGroup, aNetwork, anAcl, anInterface, aSubnet, aVpc, instanceArn } from "./fabric-records.ts"
import { answer, ask, enterPrivateNetwork } from "./private-network.ts"
import { until } from "./until.ts"

// What passes interfaces that have a flow log, as the kernel counts it.

enterPrivateNetwork()

/** In real life there are at least sixty. */
const SECOND = { flowIntervals: [1] }
const web = { protocol: "tcp", fromPort: 80, toPort: 80 }

async function openLogged(interfaces: readonly FabricInterface[], given: Parameters<typeof aNetwork>[1]) {
  const machine = await openFabricMachine()
  const heard: FabricInterfaceFlows[] = []
  machine.fabric.flows(instanceArn, (flows) => heard.push(flows))
  expect(await machine.fabric.snapshot("one", 1, aNetwork(interfaces, given))).toEqual([])
  return {
    machine,
    heard,
    paths: await Promise.all(interfaces.map((one) => machine.path(one))),

    /** Added up over all intervals so far: who, which way, and how it went. */
    totals(interfaceId: string): Record<string, number> {
      const totals: Record<string, number> = {}
      for (const { flows } of heard.filter((one) => one.interfaceId === interfaceId)) {
        for (const flow of flows) totals[wordsOf(flow)] = (totals[wordsOf(flow)] ?? 0) + flow.packets
      }
      return totals
    },
  }
}

/** Ports that are drawn from many are left out. */
function wordsOf({
  source,
  destination,
  sourcePort,
  destinationPort,
  protocol,
  isIngress,
  isAccepted,
}: FabricFlow): string {
  const [from, to] = [sourcePort, destinationPort].map((port) => (port > 10_000 ? "*" : port))
  const [way, end] = [isIngress ? "in" : "out", isAccepted ? "accepted" : "refused"]
  return `${protocol} ${source}:${from} > ${destination}:${to} ${way} ${end}`
}

test("what is accepted and what is refused is counted at each interface that has a flow log, packet by packet", async () => {
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"], ...SECOND })
  const client = anInterface("eni-client", "10.0.0.6", SECOND)
  const mute = anInterface("eni-mute", "10.0.0.7", { groupIds: ["sg-mute"], ...SECOND })
  const unlogged = anInterface("eni-unlogged", "10.0.0.8")
  const group = [
    aGroup(),
    aGroup({ id: "sg-app", ingress: [{ ...web, cidrs: ["10.0.0.0/16"] }] }),
    aGroup({ id: "sg-mute", egress: [] }),
  ]
  const { heard, totals, paths } = await openLogged([app, client, mute, unlogged], { group })
  const [there, here, muted, quiet] = paths
  await answer(there!, "tcp", 80, "app")
  await answer(there!, "tcp", 81, "app")
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  expect(await ask(here, "tcp", "10.0.0.5", 81)).toBe("nothing")
  expect(await ask(muted, "tcp", "10.0.0.5", 80)).toBe("nothing")
  expect(await ask(quiet, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.8")
  await until(() => totals("eni-app")["6 10.0.0.8:* > 10.0.0.5:80 in accepted"] !== undefined)
  await until(() => heard.filter(({ flows }) => flows.length === 0).length > 3)

  expect(Object.keys(totals("eni-app")).sort()).toEqual([
    "6 10.0.0.5:80 > 10.0.0.6:* out accepted",
    "6 10.0.0.5:80 > 10.0.0.8:* out accepted",
    "6 10.0.0.6:* > 10.0.0.5:80 in accepted",
    "6 10.0.0.6:* > 10.0.0.5:81 in refused",
    "6 10.0.0.8:* > 10.0.0.5:80 in accepted",
  ])
  // The client's own side has let it out; what became of it elsewhere is not its interface's business.
  expect(Object.keys(totals("eni-client")).sort()).toEqual([
    "6 10.0.0.5:80 > 10.0.0.6:* in accepted",
    "6 10.0.0.6:* > 10.0.0.5:80 out accepted",
    "6 10.0.0.6:* > 10.0.0.5:81 out accepted",
  ])
  expect(Object.keys(totals("eni-mute"))).toEqual(["6 10.0.0.7:* > 10.0.0.5:80 out refused"])
  expect(heard.filter(({ interfaceId }) => interfaceId === "eni-unlogged")).toEqual([])

  // Both ends have counted the same packets, and intervals follow one another.
  expect(totals("eni-app")["6 10.0.0.6:* > 10.0.0.5:80 in accepted"]).toBe(
    totals("eni-client")["6 10.0.0.6:* > 10.0.0.5:80 out accepted"],
  )
  const own = heard.filter(({ interfaceId }) => interfaceId === "eni-app")
  for (const [index, { startedAt, endedAt, isIncomplete, flows }] of own.entries()) {
    expect(isIncomplete).toBe(false)
    expect(endedAt - startedAt).toBeGreaterThanOrEqual(1000)
    if (index > 0) expect(startedAt).toBe(own[index - 1]!.endedAt)
    for (const flow of flows) {
      expect(flow.startedAt).toBeGreaterThanOrEqual(startedAt)
      expect(flow.endedAt).toBeGreaterThanOrEqual(flow.startedAt)
      expect(flow.endedAt).toBeLessThanOrEqual(endedAt)
      expect(flow.bytes).toBeGreaterThan(flow.packets * 20)
    }
  }
})

test("datagrams and version 6 are counted as well, and what an ACL refuses", async () => {
  const [one, two] = ["2001:db8:1::5", "2001:db8:1:1::6"]
  const app = anInterface("eni-app", "10.0.0.5", { addresses6: [one], ...SECOND })
  const client = anInterface("eni-client", "10.0.1.6", { addresses6: [two], subnetId: "subnet-b", ...SECOND })
  const everywhere = ["0.0.0.0/0", "::/0"].map((cidr) => ({ protocol: "-1", cidr, isAllowed: true }))
  const noNames = { protocol: "udp", fromPort: 53, toPort: 53, cidr: "10.0.1.0/24", isAllowed: false }
  const { totals, paths } = await openLogged([app, client], {
    vpc: [aVpc({ cidrs6: ["2001:db8:1::/56"] })],
    subnet: [
      aSubnet({ cidr6: "2001:db8:1::/64", aclId: "acl-app" }),
      aSubnet({ id: "subnet-b", cidr: "10.0.1.0/24", cidr6: "2001:db8:1:1::/64" }),
    ],
    acl: [
      anAcl({ ingress: everywhere, egress: everywhere }),
      anAcl({ id: "acl-app", ingress: [noNames, ...everywhere], egress: everywhere }),
    ],
    group: [
      aGroup({
        ingress: [{ protocol: "-1", cidrs: ["0.0.0.0/0", "::/0"] }],
        egress: [{ protocol: "-1", cidrs: ["0.0.0.0/0", "::/0"] }],
      }),
    ],
  })
  const [there, here] = paths
  await answer(there!, "udp", 80, "app")
  await answer(there!, "udp", 53, "app")
  expect(await ask(here, "udp", "10.0.0.5", 80)).toBe("app sees 10.0.1.6")
  expect(await ask(here, "udp", "10.0.0.5", 53)).toBe("nothing")
  expect(await ask(here, "tcp", one, 80)).toBe("refused")
  await until(() => Object.keys(totals("eni-client")).length >= 5)
  expect(totals("eni-app")).toEqual({
    "17 10.0.1.6:* > 10.0.0.5:80 in accepted": 1,
    "17 10.0.0.5:80 > 10.0.1.6:* out accepted": 1,
    "17 10.0.1.6:* > 10.0.0.5:53 in refused": 1,
    [`6 ${two}:* > ${one}:80 in accepted`]: 1,
    [`6 ${one}:80 > ${two}:* out accepted`]: 1,
  })
})

test("an interface's last flows are told when it goes, and a restart says that something was not counted", async () => {
  const app = anInterface("eni-app", "10.0.0.5", { flowIntervals: [600] })
  const client = anInterface("eni-client", "10.0.0.6", { flowIntervals: [600] })
  const { machine, heard, totals, paths } = await openLogged([app, client], {})
  await answer(paths[0]!, "tcp", 80, "app")
  expect(await ask(paths[1], "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  expect(heard).toEqual([])
  await machine.fabric.change("one", 2, {}, { interface: ["eni-client"] })
  expect(Object.keys(totals("eni-client"))).toContain("6 10.0.0.6:* > 10.0.0.5:80 out accepted")

  await machine.restart()
  machine.fabric.flows(instanceArn, (flows) => heard.push(flows))
  heard.length = 0
  await machine.fabric.change("one", 3, {}, { interface: ["eni-app"] })
  expect(heard).toMatchObject([{ interfaceId: "eni-app", isIncomplete: true, flows: [] }])
})
