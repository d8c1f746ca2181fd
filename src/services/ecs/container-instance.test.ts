import {
  MissingVersionException,
  NoUpdateAvailableException,
  paginateListContainerInstances,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { regionScope } from "../../store/changes.ts"
import { networkInterfaces } from "../ec2/index.ts"
import { startWorld, type TestWorld } from "../testing.ts"
import { anInstanceIn, connect, RECORDED_REGISTRATION, RESOURCES } from "./container-instance/testing.ts"
import { reportHealth } from "./container-instance/write.ts"
import { eventDetail } from "./event/read.ts"
import { containerInstances } from "./tables/container-instance.ts"
import { events } from "./tables/event.ts"
import { poolTasks } from "./tables/pool.ts"
import { tasks } from "./tables/task.ts"
import { IN_SUBNET, openSubnet } from "./task/testing.ts"

async function startWithInstances(count: number) {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const arns: string[] = []
  for (let i = 0; i < count; i++) {
    const attributes = [
      { name: "rack", value: String(i % 2) },
      { name: "ecs.availability-zone", value: `us-east-1${"ab"[i % 2]}` },
    ]
    arns.push((await anInstanceIn(started, { attributes })).containerInstanceArn!)
  }
  return { ...started, arns: arns.sort() }
}

async function runOn({ ecs }: Pick<TestWorld, "ecs">, instance: string) {
  await ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [
      { name: "web", image: "web", cpu: 512, memory: 1024, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
    ],
  })
  const { tasks } = await ecs.startTask({ taskDefinition: "web", containerInstances: [instance] })
  return tasks![0]!.taskArn!
}

const DAY_MS = 24 * 60 * 60 * 1000
const GONE = "0".repeat(32)

test("instances are described once each in the order asked for, by id or ARN, and what is missing by its ARN", async () => {
  const { ecs, arns, account } = await startWithInstances(2)
  const [a, b] = arns as [string, string]
  const { containerInstances, failures } = await ecs.describeContainerInstances({
    containerInstances: [b, GONE, a.split("/").at(-1)!, a],
  })
  expect(containerInstances!.map(({ containerInstanceArn }) => containerInstanceArn)).toEqual([b, a])
  expect(failures).toEqual([
    { arn: `arn:aws:ecs:us-east-1:${account}:container-instance/default/${GONE}`, reason: "MISSING" },
  ])
})

test("what a task takes is missing from what remains, and the task is counted, until it is STOPPED", async () => {
  const started = await startWithInstances(1)
  const { ecs, arns, world } = started
  const shown = async () => (await ecs.describeContainerInstances({ containerInstances: arns })).containerInstances![0]!
  expect((await shown()).remainingResources).toEqual(RESOURCES)

  const task = await runOn(started, arns[0]!)
  const withTask = await shown()
  expect(withTask).toMatchObject({ pendingTasksCount: 1, runningTasksCount: 0, registeredResources: RESOURCES })
  expect(withTask.remainingResources).toMatchObject([
    { name: "CPU", integerValue: 1536 },
    { name: "MEMORY", integerValue: 3072 },
    { name: "PORTS", stringSetValue: ["22", "2375", "2376", "51678", "51679", "8080"] },
    { name: "PORTS_UDP", stringSetValue: [] },
  ])

  await ecs.submitTaskStateChange({
    task,
    status: "RUNNING",
    containers: [{ containerName: "web", status: "RUNNING" }],
  })
  expect(await shown()).toMatchObject({ pendingTasksCount: 0, runningTasksCount: 1 })
  await ecs.submitTaskStateChange({
    task,
    status: "STOPPED",
    containers: [{ containerName: "web", status: "STOPPED" }],
  })
  await world.settle()
  expect((await shown()).remainingResources).toEqual(RESOURCES)
  expect(await shown()).toMatchObject({ pendingTasksCount: 0, runningTasksCount: 0 })
})

test("tags and health are shown when asked for, and only then", async () => {
  const started = await startWorld()
  const { ecs, store, world, account } = started
  await ecs.createCluster({})
  const { containerInstanceArn } = await anInstanceIn(started, { tags: [{ key: "team", value: "a" }] })
  const shown = async (...include: ("TAGS" | "CONTAINER_INSTANCE_HEALTH")[]) =>
    (await ecs.describeContainerInstances({ containerInstances: [containerInstanceArn!], include }))
      .containerInstances![0]!
  expect(await shown()).toMatchObject({ tags: [] })
  expect(await shown()).not.toHaveProperty("healthStatus")
  expect((await shown("TAGS")).tags).toEqual([{ key: "team", value: "a" }])
  expect((await shown("CONTAINER_INSTANCE_HEALTH")).healthStatus).toEqual({
    overallStatus: "INSUFFICIENT_DATA",
    details: [],
  })

  const report = (status: "OK" | "IMPAIRED") =>
    store.transact(regionScope(account, "us-east-1"), (tx) =>
      reportHealth({ tx, now: world.now(), random: world.random }, containerInstanceArn!, [
        { type: "CONTAINER_RUNTIME", status },
      ]),
    )
  const start = world.now()
  report("OK")
  await world.advance(60_000)
  report("OK")
  const check = { type: "CONTAINER_RUNTIME", lastStatusChange: new Date(start) }
  expect((await shown("CONTAINER_INSTANCE_HEALTH")).healthStatus).toEqual({
    overallStatus: "OK",
    details: [{ ...check, status: "OK", lastUpdated: new Date(start + 60_000) }],
  })
  report("IMPAIRED")
  expect((await shown("CONTAINER_INSTANCE_HEALTH")).healthStatus).toMatchObject({
    overallStatus: "IMPAIRED",
    details: [{ status: "IMPAIRED", lastStatusChange: new Date(start + 60_000) }],
  })
})

test("instances are listed page by page, by status and by what the cluster query language says of them", async () => {
  const started = await startWithInstances(5)
  const { ecs, arns } = started
  const pages: string[][] = []
  for await (const page of paginateListContainerInstances({ client: ecs, pageSize: 2 }, {})) {
    pages.push(page.containerInstanceArns!)
  }
  expect(pages).toEqual([arns.slice(0, 2), arns.slice(2, 4), arns.slice(4)])

  const list = async (input: object) => (await ecs.listContainerInstances(input)).containerInstanceArns!
  await ecs.updateContainerInstancesState({ containerInstances: [arns[1]!], status: "DRAINING" })
  expect(await list({ status: "DRAINING" })).toEqual([arns[1]])
  expect(await list({ status: "ACTIVE" })).toEqual(arns.filter((arn) => arn !== arns[1]))
  expect(await list({ status: "REGISTERING" })).toEqual([])

  connect(started, arns[4]!, false)
  expect(await list({ filter: "agentConnected == false" })).toEqual([arns[4]])
  expect(await list({ filter: "attribute:rack == 0" })).toHaveLength(3)
  expect(await list({ filter: "attribute:rack == 0 and attribute:ecs.availability-zone in [us-east-1b]" })).toEqual([])
  await ecs.deregisterContainerInstance({ containerInstance: arns[0]! })
  expect(await list({})).toEqual(arns.slice(1))
})

test("pages of a filtered listing leave nothing out, however few of many match", async () => {
  const { ecs, store, account } = await startWithInstances(1)
  const scope = regionScope(account, "us-east-1")
  const [template] = store.transact(scope, (tx) => tx.all(containerInstances))
  store.transact(scope, (tx) => {
    for (let i = 0; i < 700; i++) {
      const arn = template!.arn.replace(/.{32}$/, String(i).padStart(32, "0"))
      tx.put(containerInstances, { ...template!, arn, attributes: [{ name: "every", value: String(i % 100) }] })
    }
  })
  const found: string[] = []
  const filter = "attribute:every == 99"
  for await (const page of paginateListContainerInstances({ client: ecs, pageSize: 3 }, { filter })) {
    found.push(...page.containerInstanceArns!.map((arn) => arn.split("/").at(-1)!))
  }
  expect(found.map(Number)).toEqual([99, 199, 299, 399, 499, 599, 699])
})

test("draining and making active again change the status once, and say what cannot be changed", async () => {
  const { ecs, arns, account } = await startWithInstances(3)
  const [a, b, c] = arns as [string, string, string]
  await ecs.deregisterContainerInstance({ containerInstance: c })
  const answer = await ecs.updateContainerInstancesState({ containerInstances: [a, b, c, GONE], status: "DRAINING" })
  expect(answer.containerInstances!.map(({ status, version }) => [status, version])).toEqual([
    ["DRAINING", 3],
    ["DRAINING", 3],
  ])
  expect(answer.failures).toEqual([
    { arn: c, reason: "INACTIVE" },
    { arn: `arn:aws:ecs:us-east-1:${account}:container-instance/default/${GONE}`, reason: "MISSING" },
  ])
  const again = await ecs.updateContainerInstancesState({ containerInstances: [a], status: "DRAINING" })
  expect(again.containerInstances).toMatchObject([{ status: "DRAINING", version: 3 }])
  const active = await ecs.updateContainerInstancesState({ containerInstances: [a], status: "ACTIVE" })
  expect(active.containerInstances).toMatchObject([{ status: "ACTIVE", version: 4 }])
})

test("an instance with tasks is only deregistered by force, and its tasks end with it", async () => {
  const started = await startWithInstances(1)
  const { ecs, arns, world } = started
  const task = await runOn(started, arns[0]!)
  await ecs.submitTaskStateChange({
    task,
    status: "RUNNING",
    containers: [{ containerName: "web", status: "RUNNING" }],
  })

  const containerInstance = arns[0]!
  await expect(ecs.deregisterContainerInstance({ containerInstance })).rejects.toThrow(
    "Found running tasks on the instance.",
  )
  const { containerInstance: gone } = await ecs.deregisterContainerInstance({ containerInstance, force: true })
  expect(gone).toMatchObject({ status: "INACTIVE", agentConnected: false })
  await world.settle()
  expect((await ecs.describeTasks({ tasks: [task] })).tasks).toMatchObject([
    { lastStatus: "STOPPED", stoppedReason: "Container instance deregistration forced by user." },
  ])
  expect((await ecs.deregisterContainerInstance({ containerInstance })).containerInstance).toMatchObject({
    status: "INACTIVE",
  })
})

test("a machine of the pool takes the tasks of all accounts with it", async () => {
  const started = await startWorld()
  const pool = started.as({ account: "000000000000" })
  const other = started.as({ account: "another" })
  const { containerInstance } = await pool.ecs.registerContainerInstance({
    cluster: "fargate",
    totalResources: RESOURCES,
    attributes: [...RECORDED_REGISTRATION.attributes, { name: "ecs.capability.task-eni" }],
  })
  connect({ ...started, account: pool.account }, containerInstance!.containerInstanceArn!)
  const run = async ({ ecs, account }: Pick<TestWorld, "ecs" | "account">) => {
    openSubnet(started, regionScope(account, "us-east-1"))
    await ecs.createCluster({})
    await ecs.registerTaskDefinition({
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "web", image: "web" }],
    })
    await ecs.runTask({
      taskDefinition: "web",
      launchType: "FARGATE",
      networkConfiguration: IN_SUBNET,
    })
  }
  await run(started)
  await run(other)
  await started.world.settle()
  expect(started.store.size(poolTasks)).toBe(2)

  const where = { cluster: "fargate", containerInstance: containerInstance!.containerInstanceArn! }
  await expect(pool.ecs.deregisterContainerInstance(where)).rejects.toThrow("Found running tasks on the instance.")
  await pool.ecs.deregisterContainerInstance({ ...where, force: true })
  await started.world.settle()
  expect(started.store.size(poolTasks)).toBe(0)
  for (const { account } of [started, other]) {
    const left = started.store.transact(regionScope(account, "us-east-1"), (tx) => tx.all(tasks))
    expect(left.map(({ lastStatus }) => lastStatus)).toEqual(["STOPPED"])
  }
  expect(started.store.size(networkInterfaces)).toBe(0)
})

test("a deregistered instance can be described for a day, and is then forgotten", async () => {
  const { ecs, arns, world, store, as } = await startWithInstances(1)
  await ecs.tagResource({ resourceArn: arns[0]!, tags: [{ key: "team", value: "a" }] })
  await ecs.deregisterContainerInstance({ containerInstance: arns[0]! })
  await world.advance(DAY_MS - 60_000)
  const { ecs: later } = as({})
  const { containerInstances: shown } = await later.describeContainerInstances({
    containerInstances: arns,
    include: ["TAGS"],
  })
  expect(shown).toMatchObject([{ status: "INACTIVE", tags: [{ key: "team", value: "a" }] }])
  await expect(later.tagResource({ resourceArn: arns[0]!, tags: [] })).rejects.toThrow(
    "The specified container instance is inactive. Specify an active container instance and try again.",
  )
  await world.advance(120_000)
  expect(store.size(containerInstances)).toBe(0)
})

test("each change becomes an event whose version is one higher than the last", async () => {
  const { ecs, arns, store, account } = await startWithInstances(1)
  await ecs.updateContainerInstancesState({ containerInstances: arns, status: "DRAINING" })
  await ecs.putAttributes({ attributes: [{ name: "floor", value: "2", targetId: arns[0]! }] })
  await ecs.deregisterContainerInstance({ containerInstance: arns[0]! })
  const { types, details } = store.transact(regionScope(account, "us-east-1"), (tx) => {
    const told = tx.list(events)
    return { types: told.map(({ detailType }) => detailType), details: told.map((event) => eventDetail(tx, event)) }
  })
  expect(types).toEqual(Array(5).fill("ECS Container Instance State Change"))
  expect(details).toMatchObject([
    { version: 1, status: "ACTIVE", agentConnected: false, versionInfo: {} },
    { version: 2, agentConnected: true, versionInfo: { agentVersion: "1.105.1" } },
    { version: 3, status: "DRAINING", clusterArn: expect.stringMatching(/cluster\/default$/) },
    { version: 4, attributes: expect.arrayContaining([{ name: "floor", value: "2" }]) },
    { version: 5, status: "INACTIVE", containerInstanceArn: arns[0], remainingResources: RESOURCES },
  ])
})

test("there is never an agent to update to", async () => {
  const started = await startWorld()
  const { ecs } = started
  await ecs.createCluster({})
  const { containerInstance } = await ecs.registerContainerInstance({})
  const update = () => ecs.updateContainerAgent({ containerInstance: containerInstance!.containerInstanceArn! })
  await expect(update()).rejects.toThrow(MissingVersionException)
  connect(started, containerInstance!.containerInstanceArn!)
  await expect(update()).rejects.toThrow(NoUpdateAvailableException)
})

const eleven = Array.from({ length: 11 }, (_, index) => String(index).padStart(32, "0"))
const many = Array.from({ length: 101 }, (_, index) => String(index).padStart(32, "0"))

test.each<[string, (started: TestWorld) => Promise<unknown>, string]>([
  [
    "describing nothing",
    ({ ecs }) => ecs.describeContainerInstances({ containerInstances: [] }),
    "Container Instances cannot be empty.",
  ],
  [
    "describing too many",
    ({ ecs }) => ecs.describeContainerInstances({ containerInstances: many }),
    "Container Instances cannot have more than 100 elements",
  ],
  [
    "including what there is not",
    ({ ecs }) => ecs.describeContainerInstances({ containerInstances: [GONE], include: ["COLOURS" as "TAGS"] }),
    "include should be one of [CONTAINER_INSTANCE_HEALTH,TAGS]",
  ],
  [
    "an id that is no id",
    ({ ecs }) => ecs.describeContainerInstances({ containerInstances: ["web"] }),
    "containerInstanceId length should be one of [32,36]",
  ],
  [
    "an ARN of something else",
    ({ ecs, account }) =>
      ecs.describeContainerInstances({ containerInstances: [`arn:aws:ecs:us-east-1:${account}:cluster/shop`] }),
    "Invalid identifier: Identifier is not a valid ARN of the expected resource type",
  ],
  [
    "an id with a cluster",
    ({ ecs }) => ecs.describeContainerInstances({ containerInstances: [`default/${GONE}`] }),
    "Invalid identifier: Unexpected number of separators",
  ],
  [
    "a status that cannot be set",
    ({ ecs }) => ecs.updateContainerInstancesState({ containerInstances: [GONE], status: "DEREGISTERING" }),
    "Container instance status should be one of [ACTIVE, DRAINING]",
  ],
  [
    "draining too many",
    ({ ecs }) => ecs.updateContainerInstancesState({ containerInstances: eleven, status: "DRAINING" }),
    "Container Instances cannot have more than 10 elements",
  ],
  [
    "deregistering what is not there",
    ({ ecs }) => ecs.deregisterContainerInstance({ containerInstance: GONE }),
    "The referenced container instance was not found.",
  ],
  [
    "updating what is not there",
    ({ ecs }) => ecs.updateContainerAgent({ containerInstance: GONE }),
    "The referenced container instance was not found.",
  ],
  ["listing by no status", ({ ecs }) => ecs.listContainerInstances({ status: "BUSY" as "ACTIVE" }), "status should be"],
  ["listing by no expression", ({ ecs }) => ecs.listContainerInstances({ filter: "rack ==" }), "Invalid filter: "],
])("%s is refused in AWS's words", async (_, call, sentence) => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const refused = expect(call(started)).rejects
  await refused.toMatchObject({ name: "InvalidParameterException", message: expect.stringContaining(sentence) })
})

test("another account's instances are none of the caller's business", async () => {
  const { arns, as } = await startWithInstances(1)
  const { ecs } = as({ account: "another" })
  await ecs.createCluster({})
  await expect(ecs.describeContainerInstances({ containerInstances: arns })).rejects.toThrow("is not authorized")
  // Policies are asked about the cluster, which is the caller's own; in that there is no such instance.
  await expect(ecs.deregisterContainerInstance({ containerInstance: arns[0]! })).rejects.toThrow("was not found")
})
