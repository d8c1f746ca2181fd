import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { afterAll, expect, onTestFinished, test } from "vitest"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { readMemberships } from "../../src/main/node/membership.ts"
import { answers, killed, lives } from "./command-line.ts"
import { lookUp, openTalk } from "./fabric-talk.ts"
import { joiningMachine } from "./joining-machine.ts"
import { openLan } from "./lan.ts"
import { ask, run } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { IDLE, ON, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { serving, startVpcs, tcp } from "./vpc-setting.ts"

// A region with a machine of its own, and two more machines, each in a network, with a containerd and state of its own:
// one subnet with tasks on all of them.

const stack = await startStack("--listen", "0.0.0.0")
const server = `https://203.0.113.1:${new URL(stack.endpoint).port}`
const authority = readFileSync(join(dataDirectory(stack.folder).ca, "ca.crt"), "utf8")
setDefaultCACertificates([...getCACertificates(), authority])
const vpcs = startVpcs(stack)
const { ec2 } = vpcs
const lan = openLan()
const [one, other] = [await joined("one"), await joined("other")]
const { id: vpcId, subnets } = await vpcs.defaultVpc()
const [subnet] = subnets

async function joined(name: string) {
  const cabled = await lan()
  const machine = joiningMachine({ network: cabled.network, atEnd: (work) => afterAll(work, 120_000) })
  const { code, out } = await stack.run("token", "create")
  expect(code).toBe(EXIT.ok)
  await machine.join(server, out.trim(), "--attribute", `machine=${name}`)
  return { ...machine, ...cabled }
}

const serve = (name: string) => ({ command: sh(`${serving(name)} ${ON}`) })
const heard = (from: string | undefined, address: string, words: string, port = 80) =>
  until(async () => (await ask(from, "tcp", address, port)) === words)
const nameOf = (address: string) => `ip-${address.replaceAll(".", "-")}.ec2.internal`

/** A task on each machine, of one group whose members may talk to each other. */
async function pair() {
  const group = await vpcs.group(vpcId)
  const UserIdGroupPairs = [{ GroupId: group }]
  await ec2.authorizeSecurityGroupIngress({
    GroupId: group,
    IpPermissions: [tcp(80, { UserIdGroupPairs }), tcp(7, { UserIdGroupPairs })],
  })
  const wish = { subnets: [subnet!], groups: [group] }
  const [web, client] = await Promise.all([
    vpcs.run(serve("web"), { ...wish, machine: "one" }),
    vpcs.run({ command: IDLE }, { ...wish, machine: "other" }),
  ])
  await heard(client.namespace, web.address, "web")
  return { group, wish, web, client, talk: await openTalk(client.namespace, web.address, 7) }
}

test("tasks of one subnet on three machines reach each other at private addresses, as far as groups that name groups say", async () => {
  const members = await vpcs.group(vpcId)
  const ofMembers = { UserIdGroupPairs: [{ GroupId: members }] }
  const group = await vpcs.group(vpcId, [tcp(80, ofMembers)])
  const outsiders = await vpcs.group(vpcId)
  const wish = { subnets: [subnet!] }
  const [web, near, far, home, outsider] = await Promise.all([
    vpcs.run(serve("web"), { ...wish, groups: [group], machine: "one" }),
    vpcs.run({ command: IDLE }, { ...wish, groups: [members], machine: "one" }),
    vpcs.run(serve("far"), { ...wish, groups: [members, group], machine: "other" }),
    vpcs.run({ command: IDLE }, { ...wish, groups: [members] }),
    vpcs.run({ command: IDLE }, { ...wish, groups: [outsiders], machine: "other" }),
  ])
  for (const { namespace } of [near, far, home]) await heard(namespace, web.address, "web")
  for (const { namespace } of [near, home]) await heard(namespace, far.address, "far")
  expect(await ask(outsider.namespace, "tcp", web.address, 80)).toBe("nothing")
  expect(await ask(outsider.namespace, "tcp", far.address, 80)).toBe("nothing")
  expect(await lookUp(home.namespace, "172.31.0.2", nameOf(web.address), "A")).toEqual([web.address])

  // A group that is named for a while is in for as long.
  const ofOutsiders = tcp(80, { UserIdGroupPairs: [{ GroupId: outsiders }] })
  await ec2.authorizeSecurityGroupIngress({ GroupId: group, IpPermissions: [ofOutsiders] })
  await heard(outsider.namespace, web.address, "web")
  await ec2.revokeSecurityGroupIngress({ GroupId: group, IpPermissions: [ofOutsiders] })
  await heard(outsider.namespace, web.address, "nothing")
})

test("when node processes are killed on both machines, not one connection between them breaks", async () => {
  const { wish, web, client, talk } = await pair()
  expect(await talk.say("before")).toBe("before")
  await Promise.all([one.kill(), other.kill()])
  expect(await talk.say("while nobody is there")).toBe("while nobody is there")
  const starting = Promise.all([one.runAgain(), other.runAgain()])
  let isOver = false
  void starting.finally(() => {
    isOver = true
  })
  for (let words = 0; !isOver; words++) {
    expect(await talk.say(`word ${words}`)).toBe(`word ${words}`)
    await pause(20)
  }
  await starting
  expect(await talk.say("after")).toBe("after")
  expect(await Promise.all([web, client].map(async (task) => (await task.describe()).lastStatus))).toEqual([
    "RUNNING",
    "RUNNING",
  ])
  const later = await vpcs.run(serve("later"), { ...wish, machine: "other" })
  await heard(client.namespace, later.address, "later")
  await heard(web.namespace, later.address, "later")
})

test("a machine that is cut off goes on where it was when it is back, with what changed meanwhile", async () => {
  const { group, wish, web, client, talk } = await pair()
  other.cut()
  onTestFinished(() => other.mend())
  expect(await talk.say("lost for now")).toBe("nothing")
  await ec2.authorizeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(81)] })
  const meanwhile = await vpcs.run(serve("meanwhile"), { ...wish, machine: "one" })
  await heard(web.namespace, meanwhile.address, "meanwhile")

  const late = talk.hear(LATE_MS)
  other.mend()
  expect(await late).toBe("lost for now")
  expect(await talk.say("again")).toBe("again")
  await until(async () => (await other.instances()).every(({ isConnected }) => isConnected))
  await heard(client.namespace, meanwhile.address, "meanwhile")
  expect((await client.describe()).lastStatus).toBe("RUNNING")
})

test("traffic between machines and names go on while the region is away, also over a start of a node", async () => {
  const { group, web, client, talk } = await pair()
  const { region, supervisor } = stack.record()
  process.kill(supervisor.pid, "SIGSTOP")
  onTestFinished(() => void process.kill(supervisor.pid, "SIGCONT"))
  killed(region.pid)
  await until(() => !lives(region.pid))
  const goesOn = async (words: string) => {
    expect(await talk.say(words)).toBe(words)
    expect(await ask(client.namespace, "tcp", web.address, 80)).toBe("web")
    expect(await lookUp(client.namespace, "172.31.0.2", nameOf(web.address), "A")).toEqual([web.address])
  }
  for (let count = 0; count < 10; count++) {
    await goesOn(`alone ${count}`)
    await pause(200)
  }
  await other.kill()
  expect(await talk.say("without a node")).toBe("without a node")
  await other.startAgain()
  await until(async () => (await lookUp(client.namespace, "172.31.0.2", nameOf(web.address), "A"))[0] === web.address)
  await goesOn("with a node that knows no region")

  process.kill(supervisor.pid, "SIGCONT")
  await until(async () => stack.record().region.pid !== region.pid && (await answers(stack.endpoint)))
  const isBack = async () => (await Promise.all([one, other].map(({ instances }) => instances()))).flat()
  await until(async () => (await isBack()).every(({ isConnected }) => isConnected))
  await goesOn("together again")
  await ec2.revokeSecurityGroupIngress({
    GroupId: group,
    IpPermissions: [tcp(80, { UserIdGroupPairs: [{ GroupId: group }] })],
  })
  await heard(client.namespace, web.address, "nothing")
  expect(await talk.say("still allowed")).toBe("still allowed")
})

test("a machine's own processes reach tasks on other machines in the VPCs that it has a part in, as far as groups let them", async () => {
  const group = await vpcs.group(vpcId, [tcp(80)])
  const wish = { subnets: [subnet!], groups: [group] }
  const [web] = await Promise.all([
    vpcs.run(serve("web"), { ...wish, machine: "one" }),
    vpcs.run({ command: IDLE }, { ...wish, machine: "other" }),
    vpcs.run({ command: IDLE }, wish),
  ])
  for (const from of [undefined, other.network, one.network]) await heard(from, web.address, "web")
  await ec2.revokeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(80)] })
  for (const from of [undefined, other.network]) await heard(from, web.address, "nothing")
})

test("tasks of peered VPCs reach each other on any machines", async () => {
  const [near, far] = [await smallVpc("10.20.0.0/24"), await smallVpc("10.21.0.0/24")]
  const { VpcPeeringConnection } = await ec2.createVpcPeeringConnection({ VpcId: near.id, PeerVpcId: far.id })
  const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!
  await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [from.id] }] })
    const { RouteTableId } = RouteTables![0]!
    await ec2.createRoute({ RouteTableId, DestinationCidrBlock: to.cidr, VpcPeeringConnectionId })
  }
  const serveIn = (vpc: typeof near, machine: string) => vpcs.run(serve(machine), { ...vpc, machine })
  const [a, b] = await Promise.all([serveIn(near, "one"), serveIn(far, "other")])
  await heard(a.namespace, b.address, "other")
  await heard(b.namespace, a.address, "one")
})

test("a machine is reached where the way to its region begins, also when that is another address than before", async () => {
  const found = () => [one, other].map(({ directory }) => readMemberships(directory)[0]!.foundUnderlay)
  expect(found()).toEqual([one.address, other.address])
  const { web, client, talk } = await pair()
  const moved = "192.0.2.99"
  await other.kill()
  run(`nsenter --net=${other.network} sh -ec "ip address del ${other.address}/24 dev eth0
    ip address add ${moved}/24 dev eth0; ip route add default via 192.0.2.1"`)
  await other.runAgain()
  expect(found()).toEqual([one.address, moved])
  await heard(client.namespace, web.address, "web")
  expect(await talk.say("from elsewhere")).toBe("from elsewhere")
})

async function smallVpc(cidr: string) {
  const { Vpc } = await ec2.createVpc({ CidrBlock: cidr })
  const id = Vpc!.VpcId!
  const { Subnet } = await ec2.createSubnet({ VpcId: id, CidrBlock: cidr })
  return { id, cidr, subnets: [Subnet!.SubnetId!], groups: [await vpcs.group(id, [tcp(80)])] }
}

/** As long as TCP may wait before it sends once more what was lost. */
const LATE_MS = 20_000
