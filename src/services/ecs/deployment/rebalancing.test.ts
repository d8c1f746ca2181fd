import { expect, test } from "vitest"
import { type Agents, startAgents } from "../service/testing.ts"

function instanceIn({ shop }: Agents, zone: string): void {
  shop.instance(zone, { attributes: [{ name: "ecs.availability-zone", value: `az-${zone}` }] })
}

function zones(agents: Agents): string {
  return agents
    .liveTasks()
    .map(({ zone }) => zone!.slice(-1))
    .sort()
    .join("")
}

test("when a zone comes back, tasks move there one at a time, each after its replacement is healthy", async () => {
  const agents = await startAgents()
  instanceIn(agents, "a")
  await agents.create({ desiredCount: 4 })
  await agents.live(60_000)
  instanceIn(agents, "b")
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", desiredCount: 4 })
  const seen: string[] = []
  for (let lived = 0; lived < 180; lived++) {
    await agents.live(1_000)
    const running = agents.liveTasks().filter(({ lastStatus }) => lastStatus === "RUNNING").length
    expect(running).toBeGreaterThanOrEqual(4)
    expect(agents.liveTasks().length).toBeLessThanOrEqual(5)
    if (seen.at(-1) !== zones(agents)) seen.push(zones(agents))
  }
  expect(seen.at(-1)).toBe("aabb")
  const messages = await agents.messages()
  const tail = messages.slice(messages.findIndex((message) => message.includes("is not AZ balanced")))
  expect(tail).toEqual([
    "(service web) is not AZ balanced with 4 tasks in az-a, 0 tasks in az-b. AZ Rebalancing in progress.",
    "(service web) has started 1 tasks in AZ to AZ Rebalance: (task).",
    "(service web) has stopped 1 running tasks in AZ due to AZ rebalancing: (task).",
    "(service web) has started 1 tasks in AZ to AZ Rebalance: (task).",
    "(service web) has stopped 1 running tasks in AZ due to AZ rebalancing: (task).",
    "(service web) is AZ balanced with 2 tasks in az-a, 2 tasks in az-b.",
    "(service web) has reached a steady state.",
  ])
  expect(agents.allTasks()[0]!.stoppedReason ?? agents.allTasks()[1]!.stoppedReason).toMatch(
    /^(Availability-zone rebalancing initiated by \(deployment ecs-svc\/\d+\))$/,
  )
})

test("a service that does not want it, or spreads over something else, is left as it is", async () => {
  for (const input of [
    { availabilityZoneRebalancing: "DISABLED" },
    { placementStrategy: [{ type: "binpack", field: "memory" }] },
    { deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 50 } },
  ] as const) {
    const agents = await startAgents()
    instanceIn(agents, "a")
    await agents.create({ desiredCount: 2, ...input } as object)
    await agents.live(60_000)
    instanceIn(agents, "b")
    await agents.shop.ecs.updateService({ cluster: "shop", service: "web", propagateTags: "SERVICE" })
    await agents.live(60_000)
    expect(zones(agents)).toBe("aa")
  }
})

test("a deployment stops rebalancing", async () => {
  const agents = await startAgents()
  instanceIn(agents, "a")
  await agents.define("next")
  await agents.create({ desiredCount: 3 })
  await agents.live(60_000)
  instanceIn(agents, "b")
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", propagateTags: "SERVICE" })
  await agents.live(5_000)
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", taskDefinition: "next" })
  await agents.live(90_000)
  expect(await agents.messages()).toContain("(service web) stopped AZ Rebalancing.")
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["next", "next", "next"])
})

test("a task that comes in the place of one that drains is none to spare before it is healthy", async () => {
  const agents = await startAgents()
  const { shop } = agents
  const inA = { attributes: [{ name: "ecs.availability-zone", value: "az-a" }] }
  const first = shop.instance("first", inA)
  const second = shop.instance("second", inA)
  await agents.create({
    desiredCount: 4,
    placementStrategy: [
      { type: "spread", field: AZ },
      { type: "spread", field: "instanceId" },
    ],
  })
  await agents.live(60_000)
  instanceIn(agents, "b")
  await shop.ecs.updateService({ cluster: "shop", service: "web", propagateTags: "SERVICE" })
  await agents.live(30_000)
  expect(zones(agents)).toBe("aaaab")

  // One exits on the one instance, and the other instance drains, while the task that is to move proves itself.
  const exits = agents.liveTasks().find(({ instanceArn }) => instanceArn === first.arn)
  agents.fate = ({ arn }) => (arn === exits!.arn ? "crashes" : "runs")
  await agents.live(1_000)
  shop.change(second, { status: "DRAINING" })
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", propagateTags: "SERVICE" })
  await agents.live(25_000)
  expect(agents.allTasks().map(({ stoppedReason }) => stoppedReason)).not.toContainEqual(
    expect.stringMatching(/^Avail/),
  )
})

const AZ = "attribute:ecs.availability-zone"
