import {
  paginateListServices,
  ServiceNotActiveException,
  ServiceNotFoundException,
  waitUntilServicesInactive,
  waitUntilServicesStable,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startAgents } from "./service/testing.ts"
import { deployments } from "./tables/deployment.ts"
import { serviceRevisions } from "./tables/revision.ts"
import { serviceEvents } from "./tables/service.ts"
import { FARGATE_WEB, IN_SUBNET } from "./task/testing.ts"

const HOUR_MS = 60 * 60_000

test("a service starts its tasks, completes its deployment and says that it is steady", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.create({ desiredCount: 2 })
  await agents.live(60_000)

  const service = await agents.describe()
  expect(service).toMatchObject({ runningCount: 2, pendingCount: 0, desiredCount: 2, status: "ACTIVE" })
  expect(service.deployments).toMatchObject([{ status: "PRIMARY", rolloutState: "COMPLETED", runningCount: 2 }])
  const { id } = service.deployments![0]!
  expect(await agents.messages()).toEqual([
    "(service web) has started 2 tasks: (task) (task).",
    `(service web) (deployment ${id}) deployment completed.`,
    "(service web) has reached a steady state.",
  ])
})

test("a new service shows AWS's defaults for all that was left out", async () => {
  const { create, shop } = await startAgents()
  const service = await create()
  const { account } = shop
  const arn = `arn:aws:ecs:us-east-1:${account}:service/shop/web`
  const [deployment] = service.deployments!
  expect(service).toEqual({
    serviceArn: arn,
    serviceName: "web",
    clusterArn: shop.clusterArn,
    status: "ACTIVE",
    desiredCount: 1,
    runningCount: 0,
    pendingCount: 0,
    launchType: "EC2",
    taskDefinition: `arn:aws:ecs:us-east-1:${account}:task-definition/web:1`,
    loadBalancers: [],
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    events: [],
    schedulingStrategy: "REPLICA",
    deploymentController: { type: "ECS" },
    enableECSManagedTags: false,
    propagateTags: "NONE",
    enableExecuteCommand: false,
    availabilityZoneRebalancing: "ENABLED",
    healthCheckGracePeriodSeconds: 0,
    resourceManagementType: "CUSTOMER",
    createdBy: `arn:aws:iam::${account}:root`,
    createdAt: expect.any(Date),
    tags: [],
    deploymentConfiguration: {
      deploymentCircuitBreaker: {
        enable: false,
        rollback: false,
        resetOnHealthyTask: true,
        thresholdConfiguration: { type: "BOUNDED_PERCENT", value: 50 },
      },
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      strategy: "ROLLING",
      bakeTimeInMinutes: 0,
    },
    currentServiceRevisions: [
      { arn: expect.any(String), requestedTaskCount: 1, runningTaskCount: 0, pendingTaskCount: 0 },
    ],
    deployments: [
      {
        id: expect.stringMatching(/^ecs-svc\/\d{19}$/),
        status: "PRIMARY",
        taskDefinition: `arn:aws:ecs:us-east-1:${account}:task-definition/web:1`,
        desiredCount: 0,
        pendingCount: 0,
        runningCount: 0,
        failedTasks: 0,
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
        launchType: "EC2",
        rolloutState: "IN_PROGRESS",
        rolloutStateReason: `ECS deployment ${deployment!.id} in progress.`,
      },
    ],
  })
  // The digits of a revision are those of its deployment.
  expect(service.currentServiceRevisions![0]!.arn).toBe(
    `arn:aws:ecs:us-east-1:${account}:service-revision/shop/web/${deployment!.id!.slice("ecs-svc/".length)}`,
  )
})

test("on FARGATE the service shows the platform version that was asked for, its deployment what that means", async () => {
  const { create, shop } = await startAgents()
  await shop.ecs.registerTaskDefinition(FARGATE_WEB)
  const service = await create({
    taskDefinition: "fargate-web",
    launchType: "FARGATE",
    networkConfiguration: IN_SUBNET,
  })
  expect(service).toMatchObject({ platformVersion: "LATEST", platformFamily: "Linux", launchType: "FARGATE" })
  expect(service.roleArn).toMatch(/:role\/aws-service-role\/ecs\.amazonaws\.com\/AWSServiceRoleForECS$/)
  expect(service.deployments![0]).toMatchObject({ platformVersion: "1.4.0", networkConfiguration: IN_SUBNET })
})

test("a DAEMON service has one task on each instance, and other defaults", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  agents.shop.instance("b")
  const created = await agents.create({ schedulingStrategy: "DAEMON" })
  expect(created).toMatchObject({
    desiredCount: 0,
    availabilityZoneRebalancing: "DISABLED",
    deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 0 },
  })
  await agents.live(60_000)
  expect(await agents.describe()).toMatchObject({ desiredCount: 2, runningCount: 2 })
  expect(new Set(agents.liveTasks().map(({ instanceArn }) => instanceArn)).size).toBe(2)
})

test("a request that repeats its token gets the service that there is, and any other is refused", async () => {
  const { create } = await startAgents()
  const first = await create({ clientToken: "once", tags: [{ key: "team", value: "a" }] })
  const again = await create({ clientToken: "once", tags: [{ key: "team", value: "b" }] })
  expect(again.deployments![0]!.id).toBe(first.deployments![0]!.id)
  expect(again.tags).toEqual([{ key: "team", value: "a" }])

  const refused = "Creation of service was not idempotent."
  await expect(create({ clientToken: "other" })).rejects.toThrow(refused)
  await expect(create()).rejects.toThrow(refused)
  await expect(create({ clientToken: "once", desiredCount: 2 })).rejects.toThrow(refused)
  await expect(create({ clientToken: "once", serviceName: "other" })).resolves.toMatchObject({ serviceName: "other" })
})

test("numbers change without a deployment, and what tasks are made of changes with one", async () => {
  const agents = await startAgents()
  const { ecs } = agents.shop
  await agents.define("next")
  const created = await agents.create()
  const update = async (input: object) => {
    const { service } = await ecs.updateService({ cluster: "shop", service: "web", ...input })
    return service!.deployments!.filter(({ status }) => status === "PRIMARY")[0]!.id
  }
  const first = created.deployments![0]!.id
  expect(await update({ desiredCount: 3 })).toBe(first)
  expect(await update({ deploymentConfiguration: { maximumPercent: 150 } })).toBe(first)
  expect(await update({ placementStrategy: [{ type: "random" }], propagateTags: "SERVICE" })).toBe(first)
  expect(await update({ taskDefinition: "web", enableECSManagedTags: true })).toBe(first)
  expect(await agents.describe()).toMatchObject({
    desiredCount: 3,
    deploymentConfiguration: { maximumPercent: 150, minimumHealthyPercent: 100 },
    placementStrategy: [{ type: "random" }],
    propagateTags: "SERVICE",
    enableECSManagedTags: true,
  })

  const second = await update({ taskDefinition: "next" })
  expect(second).not.toBe(first)
  expect(await update({ forceNewDeployment: true })).not.toBe(second)
})

test("an update while a deployment runs ends that one as STOPPED", async () => {
  const agents = await startAgents()
  await agents.define("next")
  agents.shop.instance("a")
  agents.fate = () => "hangs"
  await agents.create()
  await agents.live(5_000)
  await agents.shop.ecs.updateService({ cluster: "shop", service: "web", taskDefinition: "next" })
  const { serviceDeployments = [] } = await agents.shop.ecs.listServiceDeployments({ cluster: "shop", service: "web" })
  expect(serviceDeployments.map(({ status }) => status)).toEqual(["IN_PROGRESS", "STOPPED"])
  expect((await agents.describe()).deployments).toMatchObject([{ status: "PRIMARY" }, { status: "ACTIVE" }])
})

test("waiters see a service become stable, and inactive once it is deleted", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.create({ desiredCount: 2 })
  const wait = { client: agents.slowly(15_000), maxWaitTime: 60, minDelay: 0.001, maxDelay: 0.001 }
  const named = { cluster: "shop", services: ["web"] }
  expect((await waitUntilServicesStable(wait, named)).state).toBe("SUCCESS")

  const { service } = await agents.shop.ecs.deleteService({ cluster: "shop", service: "web", force: true })
  expect(service).toMatchObject({ status: "DRAINING", desiredCount: 0, deployments: [{ status: "PRIMARY" }] })
  expect(service!.deploymentConfiguration!.deploymentCircuitBreaker).toEqual({ enable: false, rollback: false })
  expect((await waitUntilServicesInactive(wait, named)).state).toBe("SUCCESS")

  const gone = agents.allTasks()
  expect(gone.every(({ stopCode }) => stopCode === "ServiceSchedulerInitiated")).toBe(true)
  expect(gone[0]!.stoppedReason).toMatch(/^Scaling activity initiated by \(deployment ecs-svc\/\d{19}\)$/)
})

test("a deleted service refuses changes, can be made anew once it is INACTIVE, and is forgotten after a day", async () => {
  const agents = await startAgents()
  const { ecs, store, world } = agents.shop
  agents.shop.instance("a")
  agents.fate = () => "hangs"
  await agents.create({ tags: [{ key: "team", value: "a" }] })
  await agents.live(5_000)
  await ecs.deleteService({ cluster: "shop", service: "web", force: true })
  await expect(ecs.updateService({ cluster: "shop", service: "web", desiredCount: 2 })).rejects.toThrow(
    ServiceNotActiveException,
  )
  await expect(agents.create()).rejects.toThrow("Unable to Start a service that is still Draining.")
  expect((await ecs.listServices({ cluster: "shop" })).serviceArns).toEqual([])

  await agents.live(10_000)
  expect(await agents.describe()).toMatchObject({ status: "INACTIVE", deployments: [], runningCount: 0 })
  await expect(ecs.deleteService({ cluster: "shop", service: "web" })).rejects.toThrow(ServiceNotFoundException)
  const anew = await agents.create({ desiredCount: 0 })
  expect(anew).toMatchObject({ status: "ACTIVE", tags: [], events: [] })

  await ecs.deleteService({ cluster: "shop", service: "web" })
  await world.advance(25 * HOUR_MS)
  expect(await agents.describe()).toBeUndefined()
  for (const table of [serviceEvents, serviceRevisions, deployments]) expect(store.size(table)).toBe(0)
})

test("services are listed page by page and by what they are", async () => {
  const { create, shop } = await startAgents()
  for (const serviceName of ["a", "b", "c"]) await create({ serviceName })
  await create({ serviceName: "d", schedulingStrategy: "DAEMON" })
  const pages: string[][] = []
  for await (const page of paginateListServices({ client: shop.ecs, pageSize: 3 }, { cluster: "shop" })) {
    pages.push(page.serviceArns!.map((arn) => arn.split("/").at(-1)!))
  }
  expect(pages).toEqual([["a", "b", "c"], ["d"]])
  const list = async (filter: object) => (await shop.ecs.listServices({ cluster: "shop", ...filter })).serviceArns
  expect(await list({ schedulingStrategy: "DAEMON" })).toEqual([expect.stringMatching(/\/d$/)])
  expect(await list({ launchType: "FARGATE" })).toEqual([])
  expect(await list({ launchType: "EC2" })).toHaveLength(4)
  expect(await list({ resourceManagementType: "ECS" })).toEqual([])
})

test("tags are shown when asked for, in the order of their keys, and go to tasks as the service says", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  const tags = [
    { key: "z", value: "1" },
    { key: "a", value: "2" },
  ]
  await agents.create({ tags, propagateTags: "SERVICE", enableECSManagedTags: true })
  const described = await agents.shop.ecs.describeServices({ cluster: "shop", services: ["web"], include: ["TAGS"] })
  expect(described.services![0]!.tags!.map(({ key }) => key)).toEqual(["a", "z"])
  expect(await agents.describe()).not.toHaveProperty("tags")

  await agents.live(1_000)
  const [task] = agents.liveTasks()
  const { tags: onTask = [] } = await agents.shop.ecs.listTagsForResource({ resourceArn: task!.arn })
  expect(Object.fromEntries(onTask.map(({ key, value }) => [key, value]))).toEqual({
    a: "2",
    z: "1",
    "aws:ecs:clusterName": "shop",
    "aws:ecs:serviceName": "web",
  })
})

test("a steady service says so again every six hours", async () => {
  const agents = await startAgents()
  await agents.create({ desiredCount: 0 })
  await agents.shop.world.advance(13 * HOUR_MS)
  const messages = await agents.messages()
  expect(messages.filter((message) => message.endsWith("has reached a steady state."))).toHaveLength(3)
})

test("of what has happened to a service the newest hundred are kept", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.create()
  for (let round = 0; round < 110; round++) {
    await agents.live(500)
    await agents.shop.ecs.updateService({ cluster: "shop", service: "web", desiredCount: round % 2 === 0 ? 3 : 1 })
  }
  const { events = [] } = await agents.describe()
  expect(events).toHaveLength(100)
  const times = events.map(({ createdAt }) => createdAt!.getTime())
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(agents.shop.store.size(serviceEvents)).toBe(100)
})

test("what was begun before a restart goes on after it, and nothing is started twice", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.create({ desiredCount: 3 })
  await agents.live(1_000)
  const again = await agents.restarted()
  await again.live(60_000)
  expect(await again.describe()).toMatchObject({ runningCount: 3, deployments: [{ rolloutState: "COMPLETED" }] })
  expect(again.allTasks()).toHaveLength(3)
})
