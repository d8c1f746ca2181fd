import { setTimeout as pause } from "node:timers/promises"
import { expect, test } from "vitest"
import { openFabricNode } from "./fabric-node.ts"
import { aGroup, aNetwork, anInterface, instanceArn } from "./fabric-records.ts"
import { lookUp, openTalk } from "./fabric-talk.ts"
import { answer, answerByEcho, ask, enterPrivateNetwork, run } from "./private-network.ts"

const { hostAddress, world, worldAddress } = enterPrivateNetwork()
const otherArn = `${instanceArn}-other`

/** Two machines, the network of this thread and the one that is the world elsewhere. */
async function openMachines() {
  const self = `/proc/${process.pid}/task/${threadId()}/ns/net`
  const one = await openFabricNode({
    network: self,
    instanceArn,
    underlayAddress: hostAddress,
    linkAddresses: "172.29.2.0/24",
  })
  const other = await openFabricNode({
    network: world,
    instanceArn: otherArn,
    underlayAddress: worldAddress,
    linkAddresses: "172.29.3.0/24",
  })
  return { one, other }
}

/** Of this thread, which is the one that is on the private network. */
function threadId(): string {
  return run(`for task in /proc/${process.pid}/task/*; do
    [ "$(readlink $task/ns/net)" = "$(readlink /proc/self/ns/net)" ] && basename $task && break; done`).trim()
}

const machine = [
  { id: "one", host: instanceArn, underlayAddress: hostAddress },
  { id: "other", host: otherArn, underlayAddress: worldAddress },
]

test("tasks of a VPC on two machines reach each other at private addresses, as far as their groups allow", async () => {
  const { one, other } = await openMachines()
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.0.0.6", { host: otherArn, groupIds: ["sg-client"] })
  const web = { protocol: "tcp", fromPort: 80, toPort: 80, groupId: "sg-client" }
  const open = aGroup({ id: "sg-app", ingress: [web] })
  const clients = aGroup({ id: "sg-client", ingress: [], members: ["10.0.0.6"] })
  const network = aNetwork([app, client], { machine, group: [open, clients] })
  expect(await one.snapshot(1, network)).toEqual([])
  expect(await other.snapshot(1, network)).toEqual([])
  await answer(one.path("eni-app"), "tcp", 80, "app")
  await answer(one.path("eni-app"), "tcp", 81, "app")
  const from = other.path("eni-client")
  expect(await ask(from, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  expect(await ask(from, "tcp", "10.0.0.5", 81)).toBe("nothing")

  // Large packets come through whole.
  await answerByEcho(one.path("eni-app"), 8080)
  await one.change(2, { group: [{ ...open, ingress: [web, { ...web, fromPort: 8080, toPort: 8080 }] }] }, {})
  const talk = await openTalk(from, "10.0.0.5", 8080)
  const long = "x".repeat(10_000)
  let heard = await talk.say(long)
  while (heard.length < long.length) heard += await talk.hear()
  expect(heard).toBe(long)

  // One that left is withdrawn, and one that came is known.
  expect(await other.change(3, {}, { interface: ["eni-app"] })).toEqual([])
  expect(await ask(from, "tcp", "10.0.0.5", 80)).not.toMatch(/^app/)
  expect(await other.change(4, { interface: [app] }, {})).toEqual([])
  expect(await ask(from, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
})

test("when both processes are killed with traffic running, not one connection breaks, and what they did stays in force", async () => {
  const { one, other } = await openMachines()
  const app = anInterface("eni-app", "10.0.0.5")
  const near = anInterface("eni-near", "10.0.0.7", { privateDnsName: "ip-10-0-0-7.eu-west-1.compute.internal" })
  const client = anInterface("eni-client", "10.0.0.6", { host: otherArn })
  const network = aNetwork([app, near, client], { machine })
  await one.snapshot(1, network)
  await other.snapshot(1, network)
  await answerByEcho(one.path("eni-app"), 80)
  const talks = await Promise.all(
    ["eni-near", "eni-client"].map((id) => openTalk((id === "eni-near" ? one : other).path(id), "10.0.0.5", 80)),
  )
  const allHeard = async (words: string) =>
    expect(await Promise.all(talks.map((talk) => talk.say(words)))).toEqual([words, words])

  await allHeard("before")
  await Promise.all([one.kill(), other.kill()])
  await allHeard("while nobody is there")
  const starting = Promise.all([one.start(), other.start()])
  for (let words = 0; words < 20; words++) {
    await allHeard(`word ${words}`)
    await pause(20)
  }
  await starting
  await allHeard("after")
  // It starts without its region, and knows the names.
  expect(await lookUp(one.path("eni-app"), "10.0.0.2", "7.0.0.10.in-addr.arpa", "PTR")).toEqual([near.privateDnsName])
})
