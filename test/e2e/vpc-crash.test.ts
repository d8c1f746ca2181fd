import { setTimeout as pause } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { answers, killed } from "./command-line.ts"
import { lookUp, openTalk } from "./fabric-talk.ts"
import { ask } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { IDLE, ON, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { serving, startVpcs, tcp } from "./vpc-setting.ts"

// What tasks say to each other goes on whatever happens to those who made their network.

const stack = await startStack()
const vpcs = startVpcs(stack)
const { id: vpcId, subnets } = await vpcs.defaultVpc()
const RESOLVER = "172.31.0.2"

async function webAndClient() {
  const group = await vpcs.group(vpcId, [tcp(80), tcp(7)])
  const wish = { subnets, groups: [group] }
  const [web, client] = await Promise.all([
    vpcs.run({ command: sh(`${serving("web")} ${ON}`) }, wish),
    vpcs.run({ command: IDLE }, wish),
  ])
  const name = `ip-${web.address.replaceAll(".", "-")}.ec2.internal`
  const lookUpWeb = () => lookUp(client.namespace, RESOLVER, name, "A")
  await until(async () => (await ask(client.namespace, "tcp", web.address, 80)) === "web")
  await until(async () => (await lookUpWeb())[0] === web.address)
  const talks = await Promise.all(["/proc/self/ns/net", client.namespace].map((from) => openTalk(from, web.address, 7)))
  return {
    wish,
    web,
    client,
    say: (words: string) => Promise.all(talks.map((talk) => talk.say(words))),
    answer: () => Promise.all([undefined, client.namespace].map((from) => ask(from, "tcp", web.address, 80))),
    lookUp: lookUpWeb,
  }
}

test("connections go on when the node is killed, and new tasks get interfaces afterwards", async () => {
  const { wish, web, client, say, answer, lookUp } = await webAndClient()
  expect(await say("before")).toEqual(["before", "before"])
  const before = await stack.nodePid()
  const killing = stack.killNode()
  for (let count = 0; count < 20; count++) {
    expect(await say(`meanwhile ${count}`)).toEqual([`meanwhile ${count}`, `meanwhile ${count}`])
    await pause(20)
  }
  await killing
  await until(async () => (await stack.nodePid()) !== undefined && (await stack.isConnected()))
  expect(await stack.nodePid()).not.toBe(before)
  expect(await say("after")).toEqual(["after", "after"])
  expect(await answer()).toEqual(["web", "web"])
  await until(async () => (await lookUp())[0] === web.address)

  const later = await vpcs.run({ command: sh(`${serving("later")} ${ON}`) }, wish)
  await until(async () => (await ask(client.namespace, "tcp", later.address, 80)) === "later")
  expect(await Promise.all([web, client].map(async (task) => (await task.describe()).lastStatus))).toEqual([
    "RUNNING",
    "RUNNING",
  ])
})

test("traffic and names go on while the region is away, also over a start of the node", async () => {
  const { wish, web, say, answer, lookUp } = await webAndClient()
  const { pid } = stack.record().region
  process.kill(pid, "SIGSTOP")
  onTestFinished(() => killed(pid))
  expect(await say("still")).toEqual(["still", "still"])
  expect(await answer()).toEqual(["web", "web"])
  expect(await lookUp()).toEqual([web.address])

  await stack.killNode()
  expect(await say("alone")).toEqual(["alone", "alone"])
  await until(stack.nodePid)
  await until(async () => (await lookUp())[0] === web.address)
  expect(await answer()).toEqual(["web", "web"])

  killed(pid)
  await until(async () => stack.record().region.pid !== pid && (await answers(stack.endpoint)))
  await until(stack.isConnected)
  await vpcs.ec2.revokeSecurityGroupIngress({ GroupId: wish.groups[0]!, IpPermissions: [tcp(80)] })
  await until(async () => (await ask(undefined, "tcp", web.address, 80)) === "nothing")
  expect(await say("again")).toEqual(["again", "again"])
})

test("what is started and stopped while the node dies is there and gone as if it had lived", async () => {
  const group = await vpcs.group(vpcId, [tcp(80)])
  const wish = { subnets, groups: [group] }
  const idle = await vpcs.run({ command: IDLE }, wish)
  const [web] = await Promise.all([
    vpcs.run({ command: sh(`${serving("web")} ${ON}`) }, wish),
    stack.killNode(),
    idle.stop(),
  ])
  await until(async () => (await ask(undefined, "tcp", web.address, 80)) === "web")
  expect(await idle.stopped()).toMatchObject({ attachments: [{ status: "DELETED" }] })
  await until(() => vpcs.inKernel().length === 2)
  expect(vpcs.inKernel()).toEqual([web.interfaceId, vpcId])
})
