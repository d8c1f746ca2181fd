import { expect, test } from "vitest"
import { type Agents, startAgents } from "../service/testing.ts"
import type { ContainerInstance } from "../tables/container-instance.ts"

const DAEMON = { schedulingStrategy: "DAEMON" } as const

async function drain({ shop }: Agents, { arn }: ContainerInstance): Promise<void> {
  await shop.ecs.updateContainerInstancesState({ cluster: "shop", containerInstances: [arn], status: "DRAINING" })
}

function homes(agents: Agents, service?: string): string[] {
  return agents
    .liveTasks(service)
    .map(({ instanceArn }) => instanceArn!.split("/").at(-1)![0]!)
    .sort()
}

test("an instance that comes gets a task, and one that goes takes its own with it", async () => {
  const agents = await startAgents()
  const a = agents.shop.instance("a")
  await agents.create(DAEMON)
  await agents.live(2_000)
  expect(homes(agents)).toEqual(["a"])

  agents.shop.instance("b")
  await agents.live(2_000)
  expect(homes(agents)).toEqual(["a", "b"])
  await agents.shop.ecs.deregisterContainerInstance({ cluster: "shop", containerInstance: a.arn, force: true })
  await agents.live(50_000)
  expect(homes(agents)).toEqual(["b"])
  expect(await agents.describe()).toMatchObject({ desiredCount: 1, runningCount: 1 })
})

test("only instances that the service's constraints allow get a task", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { attributes: [{ name: "rack", value: "r1" }] })
  agents.shop.instance("b", { attributes: [{ name: "rack", value: "r2" }] })
  await agents.create({ ...DAEMON, placementConstraints: [{ type: "memberOf", expression: "attribute:rack == r1" }] })
  await agents.live(2_000)
  expect(homes(agents)).toEqual(["a"])
})

test("an update replaces the task of each instance, and no instance ever has two", async () => {
  const agents = await startAgents()
  for (const id of ["a", "b", "c"]) agents.shop.instance(id)
  await agents.define("next")
  await agents.create({ ...DAEMON, deploymentConfiguration: { minimumHealthyPercent: 60 } })
  await agents.live(60_000)
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", taskDefinition: "next" })
  for (let lived = 0; lived < 200; lived++) {
    await agents.live(1_000)
    expect(new Set(homes(agents)).size).toBe(agents.liveTasks().length)
    expect(agents.liveTasks().filter(({ lastStatus }) => lastStatus === "RUNNING").length).toBeGreaterThanOrEqual(2)
  }
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["next", "next", "next"])
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])
})

test("on an instance that drains the daemon is the last to go", async () => {
  const agents = await startAgents()
  const a = agents.shop.instance("a")
  await agents.create({ ...DAEMON, serviceName: "daemon" })
  await agents.create()
  await agents.live(60_000)
  expect(homes(agents)).toEqual(["a"])

  await drain(agents, a)
  await agents.live(30_000)
  expect(homes(agents, "daemon")).toEqual(["a"])
  agents.shop.instance("b")
  await agents.live(90_000)
  expect(homes(agents)).toEqual(["b"])
  expect(homes(agents, "daemon")).toEqual(["b"])
})

test("a daemon without room on an instance says so, and starts once there is room", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { size: { memory: 300 } })
  await agents.create({ serviceName: "other" })
  await agents.live(60_000)
  await agents.create(DAEMON)
  await agents.live(5_000)
  expect((await agents.messages()).join()).toContain("has insufficient memory available.")
  await agents.shop.ecs.updateService({ cluster: "shop", service: "other", desiredCount: 0 })
  await agents.live(30_000)
  expect(homes(agents)).toEqual(["a"])
})

test("a task whose agent is away for a while is left alone", async () => {
  const agents = await startAgents()
  const a = agents.shop.instance("a")
  await agents.create(DAEMON)
  await agents.live(60_000)
  agents.shop.change(a, { agentConnected: false, version: 2 })
  await agents.live(60_000)
  expect(agents.liveTasks()).toMatchObject([{ desiredStatus: "RUNNING" }])
  expect(agents.allTasks()).toHaveLength(1)
})
