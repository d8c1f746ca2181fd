import { expect, test } from "vitest"
import { FARGATE_WEB, IN_SUBNET, withProvider } from "../task/testing.ts"
import { startAgents } from "./testing.ts"

const FARGATE = { taskDefinition: "fargate-web", networkConfiguration: IN_SUBNET } as const

test("tasks are shared out among capacity providers as the strategy says, and scaled in the same way", async () => {
  const agents = await startAgents()
  const { ecs } = agents.shop
  agents.shop.poolInstance("pool")
  await ecs.registerTaskDefinition(FARGATE_WEB)
  await ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [],
  })
  const service = await agents.create({
    ...FARGATE,
    desiredCount: 5,
    capacityProviderStrategy: [
      { capacityProvider: "FARGATE", base: 1, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 3 },
    ],
  })
  expect(service).not.toHaveProperty("launchType")
  expect(service.capacityProviderStrategy).toEqual([
    { capacityProvider: "FARGATE", base: 1, weight: 1 },
    { capacityProvider: "FARGATE_SPOT", base: 0, weight: 3 },
  ])
  await agents.live(60_000)
  const providers = () =>
    agents
      .liveTasks()
      .map(({ capacityProvider }) => capacityProvider)
      .sort()
  expect(await agents.describe()).toMatchObject({ runningCount: 5, deployments: [{ rolloutState: "COMPLETED" }] })
  expect(providers()).toEqual(["FARGATE", "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT", "FARGATE_SPOT"])
  await ecs.updateService({ cluster: "shop", service: "web", desiredCount: 1 })
  await agents.live(10_000)
  expect(providers()).toEqual(["FARGATE"])
})

test("a cluster's default strategy is used where the service names nothing", async () => {
  const agents = await startAgents()
  await agents.shop.ecs.registerTaskDefinition(FARGATE_WEB)
  const defaultCapacityProviderStrategy = [{ capacityProvider: "FARGATE", base: 0, weight: 1 }]
  await agents.shop.ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: ["FARGATE"],
    defaultCapacityProviderStrategy,
  })
  const service = await agents.create(FARGATE)
  expect(service).toMatchObject({ capacityProviderStrategy: defaultCapacityProviderStrategy })
  expect(service).not.toHaveProperty("launchType")
})

test("without capacity a task on FARGATE waits, and the service says so", async () => {
  const agents = await startAgents()
  await agents.shop.ecs.registerTaskDefinition(FARGATE_WEB)
  await agents.create({ ...FARGATE, launchType: "FARGATE" })
  await agents.live(20_000)
  expect(await agents.describe()).toMatchObject({ pendingCount: 1, runningCount: 0 })
  expect(await agents.messages()).toContain(
    "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.",
  )
  expect((await agents.describe()).deployments![0]!.rolloutStateReason).toContain("there is no FARGATE capacity")

  agents.shop.poolInstance("pool")
  await agents.live(60_000)
  expect(await agents.describe()).toMatchObject({ runningCount: 1, deployments: [{ rolloutState: "COMPLETED" }] })
})

test("tasks of a provider wait for instances of its group", async () => {
  const agents = await startAgents()
  withProvider(agents.shop, "asg")
  agents.shop.instance("a")
  await agents.create({ capacityProviderStrategy: [{ capacityProvider: "asg", weight: 1 }] })
  await agents.live(5_000)
  expect(agents.liveTasks()).toMatchObject([{ lastStatus: "PROVISIONING", capacityProvider: "asg" }])
  agents.shop.instance("b", { capacityProvider: "asg" })
  await agents.live(60_000)
  expect(agents.liveTasks()).toMatchObject([{ lastStatus: "RUNNING" }])
})

test("a forced change of strategy moves a service to other capacity", async () => {
  const agents = await startAgents()
  withProvider(agents.shop, "asg")
  agents.shop.instance("a")
  agents.shop.instance("b", { capacityProvider: "asg" })
  await agents.create()
  await agents.live(60_000)
  await agents.shop.ecs.updateService({
    cluster: "shop",
    service: "web",
    forceNewDeployment: true,
    capacityProviderStrategy: [{ capacityProvider: "asg", weight: 1 }],
  })
  await agents.live(60_000)
  expect(agents.liveTasks()).toMatchObject([{ capacityProvider: "asg" }])
  expect(await agents.describe()).not.toHaveProperty("launchType")
})
