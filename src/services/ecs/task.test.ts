import {
  ConflictException,
  InvalidParameterException,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { POOL_ACCOUNT } from "./pool.ts"
import { poolQueue, poolTasks } from "./tables/pool.ts"
import { resourceTags } from "./tables/tag.ts"
import { tasks } from "./tables/task.ts"
import {
  attach,
  CAPABLE,
  EXITED,
  FARGATE_WEB,
  IN_SUBNET,
  RUNNING,
  type Shop,
  SUBNET,
  startShop,
  withProvider,
} from "./task/testing.ts"

const MINUTE_MS = 60_000

// Each request is signed anew, as time goes on in between.

async function run(shop: Shop, input: Partial<Parameters<Shop["ecs"]["runTask"]>[0]> = {}) {
  return shop.as({}).ecs.runTask({ cluster: "shop", taskDefinition: "web", ...input })
}

async function runOne(shop: Shop, input: Parameters<typeof run>[1] = {}): Promise<string> {
  const { tasks, failures } = await run(shop, input)
  expect(failures).toEqual([])
  return tasks![0]!.taskArn!
}

async function described({ as }: Shop, task: string) {
  return (await as({}).ecs.describeTasks({ cluster: "shop", tasks: [task], include: ["TAGS"] })).tasks![0]!
}

function report({ as }: Shop, task: string, status: string, containers = status === "STOPPED" ? EXITED : RUNNING) {
  return as({}).ecs.submitTaskStateChange({ cluster: "shop", task, status, reason: "", containers })
}

test("a task on an instance begins PENDING and shows what AWS shows", async () => {
  const shop = await startShop()
  const instance = shop.instance("a", { attributes: [{ name: "ecs.availability-zone", value: "us-east-1a" }] })
  const { tasks: started, failures } = await run(shop, { startedBy: "me", tags: [{ key: "team", value: "a" }] })

  expect(failures).toEqual([])
  const [task] = started!
  const id = task!.taskArn!.split("/").at(-1)
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(task).toEqual({
    attachments: [],
    attributes: [],
    availabilityZone: "us-east-1a",
    clusterArn: shop.clusterArn,
    containerInstanceArn: instance.arn,
    containers: [
      {
        containerArn: expect.stringContaining(`:container/shop/${id}/`),
        taskArn: task!.taskArn,
        name: "app",
        image: "nginx",
        lastStatus: "PENDING",
        healthStatus: "UNKNOWN",
        cpu: "128",
        memory: "256",
        networkInterfaces: [],
      },
    ],
    cpu: "128",
    memory: "256",
    createdAt: new Date(shop.world.now()),
    desiredStatus: "RUNNING",
    enableExecuteCommand: false,
    group: "family:web",
    healthStatus: "UNKNOWN",
    lastStatus: "PENDING",
    launchType: "EC2",
    overrides: { containerOverrides: [{ name: "app" }], inferenceAcceleratorOverrides: [] },
    startedBy: "me",
    tags: [{ key: "team", value: "a" }],
    taskArn: task!.taskArn,
    taskDefinitionArn: expect.stringMatching(/:task-definition\/web:1$/),
    version: 1,
  })
})

test("the SDK's waiters see a task run and stop as its agent reports it", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  const waiter = { client: shop.ecs, maxWaitTime: 20, minDelay: 0.001, maxDelay: 0.002 }
  const asked = { cluster: "shop", tasks: [task] }

  const running = waitUntilTasksRunning(waiter, asked)
  await report(shop, task, "RUNNING")
  expect((await running).state).toBe("SUCCESS")

  const stopped = waitUntilTasksStopped(waiter, asked)
  await shop.ecs.stopTask({ cluster: "shop", task })
  await report(shop, task, "STOPPED")
  expect((await stopped).state).toBe("SUCCESS")
})

test("a task that runs shows what its agent has said of it", async () => {
  const shop = await startShop()
  const instance = shop.instance("a")
  const task = await runOne(shop)
  const pulled = new Date(shop.world.now() - 1000)
  const networkBindings = [{ bindIP: "0.0.0.0", containerPort: 80, hostPort: 32768, protocol: "tcp" as const }]
  await shop.ecs.submitTaskStateChange({
    cluster: "shop",
    task,
    status: "RUNNING",
    reason: "",
    containers: [{ ...RUNNING[0]!, networkBindings }],
    pullStartedAt: pulled,
    pullStoppedAt: pulled,
  })
  expect(await described(shop, task)).toMatchObject({
    lastStatus: "RUNNING",
    connectivity: "CONNECTED",
    startedAt: new Date(shop.world.now()),
    pullStartedAt: pulled,
    version: 2,
    containers: [{ lastStatus: "RUNNING", runtimeId: "f00d", imageDigest: "sha256:1", networkBindings }],
  })

  shop.change(instance, { agentConnected: false })
  expect(await described(shop, task)).toMatchObject({ connectivity: "DISCONNECTED" })
})

test("stopping a task answers with it still running, then asks its agent, and ends when that says so", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  await report(shop, task, "RUNNING")

  const stopped = await shop.ecs.stopTask({ cluster: "shop", task })
  expect(stopped.task).toMatchObject({
    lastStatus: "RUNNING",
    desiredStatus: "STOPPED",
    stopCode: "UserInitiated",
    stoppedReason: "Task stopped by user",
    tags: [],
  })
  await shop.world.settle()
  expect(await described(shop, task)).toMatchObject({ lastStatus: "STOPPING", stoppingAt: new Date(shop.world.now()) })

  await report(shop, task, "STOPPED")
  const ended = await described(shop, task)
  expect(ended).toMatchObject({ lastStatus: "STOPPED", stopCode: "UserInitiated", containers: [{ exitCode: 0 }] })
  expect(ended.executionStoppedAt).toBeDefined()

  const again = await shop.ecs.stopTask({ cluster: "shop", task, reason: "once more" })
  expect(again.task).toEqual({ ...ended, tags: [] })
})

test("an essential container that exits ends its task, with AWS's code and sentence", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  await report(shop, task, "RUNNING")
  await report(shop, task, "STOPPED", [
    {
      containerName: "app",
      status: "STOPPED",
      exitCode: 137,
      reason: "OutOfMemoryError: Container killed due to memory usage",
    },
  ])
  expect(await described(shop, task)).toMatchObject({
    lastStatus: "STOPPED",
    desiredStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    containers: [{ exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" }],
  })
})

test("a task whose image cannot be pulled failed to start, for its container's reason", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  const reason = "CannotPullContainerError: pull access denied"
  await report(shop, task, "STOPPED", [{ containerName: "app", status: "STOPPED", reason }])
  const ended = await described(shop, task)
  expect(ended).toMatchObject({ stopCode: "TaskFailedToStart", stoppedReason: reason, containers: [{ reason }] })
  expect(ended).not.toHaveProperty("startedAt")
  expect(ended).not.toHaveProperty("executionStoppedAt")
})

test("an agent that reports an unknown or a stopped task, or attachments without a status, is always content", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  await report(shop, task, "STOPPED")
  const before = shop.task(task)

  await report(shop, task, "RUNNING")
  await report(shop, task.slice(0, -1) + (task.endsWith("0") ? "1" : "0"), "RUNNING")
  await shop.ecs.submitTaskStateChange({ cluster: "shop", task: "nonsense", status: "RUNNING" })
  await shop.ecs.submitTaskStateChange({
    cluster: "shop",
    task,
    attachments: [{ attachmentArn: "a/b", status: "ATTACHED" }],
  })
  await shop.ecs.submitContainerStateChange({ cluster: "shop", task, containerName: "app", status: "RUNNING" })
  await shop.ecs.submitAttachmentStateChanges({
    cluster: "shop",
    attachments: [{ attachmentArn: "a/b", status: "ATTACHED" }],
  })
  await shop.ecs.submitTaskStateChange({})
  expect(shop.task(task)).toEqual(before)
})

test("RunTask places what fits and says of each instance why there is no more", async () => {
  const shop = await startShop()
  const small = shop.instance("a", { size: { cpu: 300, memory: 4096 } })
  const tiny = shop.instance("b", { size: { cpu: 4096, memory: 100 } })
  const away = shop.instance("c", { agentConnected: false })
  const { tasks: started, failures } = await run(shop, { count: 5 })

  expect(started!.map(({ containerInstanceArn }) => containerInstanceArn)).toEqual([small.arn, small.arn])
  expect(failures).toEqual([
    { arn: small.arn, reason: "RESOURCE:CPU" },
    { arn: tiny.arn, reason: "RESOURCE:MEMORY" },
    { arn: away.arn, reason: "AGENT" },
  ])
})

test("what a task took is free again once it is STOPPED, and not before", async () => {
  const shop = await startShop()
  shop.instance("a", { size: { cpu: 128 } })
  const task = await runOne(shop)
  await report(shop, task, "RUNNING")
  await shop.ecs.stopTask({ cluster: "shop", task })
  await shop.world.settle()
  expect((await run(shop)).failures).toMatchObject([{ reason: "RESOURCE:CPU" }])
  await report(shop, task, "STOPPED")
  expect((await run(shop)).failures).toEqual([])
})

test("StartTask starts on the named instances, and says which of them cannot", async () => {
  const shop = await startShop()
  const good = shop.instance("a")
  const draining = shop.instance("b", { status: "DRAINING" })
  const missing = good.arn.replace("/a0", "/f0")
  const { tasks: started, failures } = await shop.ecs.startTask({
    cluster: "shop",
    taskDefinition: "web",
    containerInstances: [good.arn, draining.arn, missing],
  })
  expect(started).toMatchObject([{ containerInstanceArn: good.arn, lastStatus: "PENDING" }])
  expect(failures).toEqual([
    { arn: draining.arn, reason: "INACTIVE" },
    { arn: missing, reason: "MISSING" },
  ])
})

test("overrides change what the task demands and are shown for the containers that have them", async () => {
  const shop = await startShop()
  shop.instance("a")
  const environment = [{ name: "LEVEL", value: "debug" }]
  const Statement = [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }]
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement })
  const { Role } = await shop.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument })
  const taskRoleArn = Role!.Arn!
  const task = await runOne(shop, {
    overrides: {
      containerOverrides: [{ name: "app", cpu: 512, memoryReservation: 64, environment }],
      taskRoleArn,
    },
  })
  expect(await described(shop, task)).toMatchObject({
    cpu: "512",
    memory: "64",
    containers: [{ cpu: "512", memory: "256", memoryReservation: "64" }],
    overrides: {
      containerOverrides: [{ name: "app", cpu: 512, memoryReservation: 64, environment }],
      taskRoleArn,
    },
  })
})

test("a repeated token answers with the tasks as they are now, and another request under it is refused", async () => {
  const shop = await startShop()
  shop.instance("a")
  const input = { clientToken: "once", count: 2, tags: [{ key: "team", value: "a" }] }
  const first = await run(shop, input)
  await report(shop, first.tasks![0]!.taskArn!, "RUNNING")

  const again = await run(shop, input)
  expect(again.tasks!.map(({ taskArn }) => taskArn)).toEqual(first.tasks!.map(({ taskArn }) => taskArn))
  expect(again.tasks![0]!.lastStatus).toBe("RUNNING")
  expect(shop.store.size(tasks)).toBe(2)

  const other = await run(shop, { ...input, count: 1 }).catch((error) => error)
  expect(other).toBeInstanceOf(ConflictException)
  expect(other.message).toBe(
    "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different request.",
  )
  expect(other.resourceIds).toEqual(first.tasks!.map(({ taskArn }) => taskArn))
})

test("a token is good for another cluster, and again once its tasks are forgotten", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop, { clientToken: "once" })
  await report(shop, task, "STOPPED")
  await shop.world.advance(61 * MINUTE_MS)
  expect(await runOne(shop, { clientToken: "once" })).not.toBe(task)
})

test("a stopped task is kept for an hour, tags and all", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop, { tags: [{ key: "team", value: "a" }] })
  await report(shop, task, "STOPPED")
  await shop.world.advance(59 * MINUTE_MS)
  expect(await described(shop, task)).toMatchObject({ lastStatus: "STOPPED", tags: [{ key: "team", value: "a" }] })
  await shop.world.advance(2 * MINUTE_MS)
  expect((await shop.as({}).ecs.describeTasks({ cluster: "shop", tasks: [task] })).failures).toEqual([
    { arn: task, reason: "MISSING" },
  ])
  expect(shop.store.size(resourceTags)).toBe(0)
})

test("tags come from the request, the definition and AWS itself; the request's win", async () => {
  const shop = await startShop()
  shop.instance("a")
  await shop.ecs.registerTaskDefinition({
    family: "tagged",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
    tags: [
      { key: "team", value: "definition" },
      { key: "cost", value: "1" },
    ],
  })
  const task = await runOne(shop, {
    taskDefinition: "tagged",
    propagateTags: "TASK_DEFINITION",
    enableECSManagedTags: true,
    tags: [{ key: "team", value: "request" }],
  })
  expect((await described(shop, task)).tags).toEqual([
    { key: "team", value: "request" },
    { key: "cost", value: "1" },
    { key: "aws:ecs:clusterName", value: "shop" },
  ])
  const plain = await runOne(shop, { taskDefinition: "tagged" })
  expect((await described(shop, plain)).tags).toEqual([])
})

test("a FARGATE task runs in the pool, which its owner is not shown, and goes through its interface's states", async () => {
  const shop = await startShop()
  const instance = shop.poolInstance("a")
  await shop.ecs.registerTaskDefinition(FARGATE_WEB)
  const { tasks: started } = await run(shop, {
    taskDefinition: "fargate-web",
    launchType: "FARGATE",
    platformVersion: "LATEST",
    networkConfiguration: IN_SUBNET,
  })
  expect(started).toMatchObject([
    {
      lastStatus: "PROVISIONING",
      launchType: "FARGATE",
      platformVersion: "1.4.0",
      platformFamily: "Linux",
      availabilityZone: "us-east-1a",
      cpu: "256",
      memory: "512",
      ephemeralStorage: { sizeInGiB: 20 },
      attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
      attachments: [
        {
          type: "ElasticNetworkInterface",
          status: "ATTACHING",
          details: [
            { name: "subnetId", value: SUBNET },
            { name: "networkInterfaceId", value: expect.stringMatching(/^eni-/) },
            { name: "macAddress", value: expect.stringMatching(/^0e:/) },
            { name: "privateDnsName", value: expect.stringMatching(/^ip-172-31-\d+-\d+\.ec2\.internal$/) },
            { name: "privateIPv4Address", value: expect.stringMatching(/^172\.31\./) },
          ],
        },
      ],
    },
  ])
  expect(started![0]).not.toHaveProperty("containerInstanceArn")
  const task = started![0]!.taskArn!
  const pool = `${POOL_ACCOUNT}/us-east-1`
  expect(shop.store.transact(pool, (tx) => tx.where(poolTasks, "instance", instance.arn))).toMatchObject([
    { taskArn: task },
  ])

  await shop.world.settle()
  expect(shop.task(task).lastStatus).toBe("PROVISIONING")
  await attach(shop, task)
  expect(await described(shop, task)).toMatchObject({ lastStatus: "PENDING", attachments: [{ status: "ATTACHED" }] })

  // The agent acts for the pool, and names the cluster of the task's owner as real ones do.
  const agent = shop.as({ account: POOL_ACCOUNT }).ecs
  const reported = { cluster: shop.clusterArn, task, reason: "" }
  await agent.submitTaskStateChange({ ...reported, status: "RUNNING", containers: RUNNING })
  await agent.submitTaskStateChange({ ...reported, status: "STOPPED", containers: EXITED })
  expect(shop.eventsOf(task).map(({ lastStatus }) => lastStatus)).toEqual([
    "PROVISIONING",
    "PENDING",
    "RUNNING",
    "DEPROVISIONING",
    "STOPPED",
  ])
  expect(await described(shop, task)).toMatchObject({ lastStatus: "STOPPED", attachments: [{ status: "DELETED" }] })
  expect(shop.store.size(poolTasks)).toBe(0)
})

test("a FARGATE task waits for the pool to have room, and gives up after five minutes", async () => {
  const shop = await startShop()
  await shop.ecs.registerTaskDefinition(FARGATE_WEB)
  const fargate = { taskDefinition: "fargate-web", launchType: "FARGATE", networkConfiguration: IN_SUBNET } as const
  const first = await runOne(shop, fargate)
  await shop.world.settle()
  expect(shop.task(first)).toMatchObject({ lastStatus: "PROVISIONING", instanceArn: undefined })
  await shop.world.advance(5 * MINUTE_MS + 1000)
  expect(await described(shop, first)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    stoppedReason: "Capacity is unavailable at this time. Please try again later or in a different availability zone",
  })

  const second = await runOne(shop, fargate)
  shop.poolInstance("a")
  await shop.world.settle()
  await attach(shop, second)
  expect(await described(shop, second)).toMatchObject({ lastStatus: "PENDING", availabilityZone: "us-east-1a" })
  expect(shop.store.size(poolQueue)).toBe(0)
})

test("a capacity provider's task waits for its instances, and is placed when one comes or has room again", async () => {
  const shop = await startShop()
  withProvider(shop, "asg")
  shop.instance("a", { capacityProvider: undefined })
  const capacityProviderStrategy = [{ capacityProvider: "asg", weight: 1 }]
  const first = await runOne(shop, { capacityProviderStrategy })
  await shop.world.advance(1)
  const second = await runOne(shop, { capacityProviderStrategy })
  await shop.world.settle()
  expect(await described(shop, first)).toMatchObject({
    lastStatus: "PROVISIONING",
    capacityProviderName: "asg",
    launchType: "EC2",
  })

  const instance = shop.instance("b", { capacityProvider: "asg", size: { cpu: 128 } })
  await shop.world.settle()
  expect(await described(shop, first)).toMatchObject({ lastStatus: "PENDING", containerInstanceArn: instance.arn })
  expect(shop.task(second).lastStatus).toBe("PROVISIONING")

  await report(shop, first, "STOPPED")
  await shop.world.settle()
  expect(await described(shop, second)).toMatchObject({ lastStatus: "PENDING", containerInstanceArn: instance.arn })
})

test("a task that has waited half an hour for its capacity provider is stopped, with the reason of the closest instance", async () => {
  const shop = await startShop()
  withProvider(shop, "asg")
  shop.instance("a", { capacityProvider: "asg", size: { memory: 100 } })
  const task = await runOne(shop, { capacityProviderStrategy: [{ capacityProvider: "asg", weight: 1 }] })
  await shop.world.advance(29 * MINUTE_MS)
  expect(shop.task(task).lastStatus).toBe("PROVISIONING")
  await shop.world.advance(2 * MINUTE_MS)
  expect(await described(shop, task)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    stoppedReason: "TaskFailedToStart: RESOURCE:MEMORY",
  })
})

test("no more than 500 tasks of a cluster wait for capacity at a time", async () => {
  const shop = await startShop()
  withProvider(shop, "asg")
  const capacityProviderStrategy = [{ capacityProvider: "asg", weight: 1 }]
  for (let runs = 0; runs < 50; runs++) await run(shop, { capacityProviderStrategy, count: 10 })
  const { tasks: started, failures } = await run(shop, { capacityProviderStrategy, count: 10 })
  expect(started).toEqual([])
  expect(failures).toEqual([{ arn: shop.clusterArn, reason: "The tasks provisioning capacity limit was exceeded." }])
})

test("a strategy shares tasks out by base and weight, and a cluster's default one is used where none is named", async () => {
  const shop = await startShop()
  shop.poolInstance("a")
  await shop.ecs.registerTaskDefinition(FARGATE_WEB)
  await shop.ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [
      { capacityProvider: "FARGATE", base: 2, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 3 },
    ],
  })
  const { tasks: started } = await run(shop, {
    taskDefinition: "fargate-web",
    count: 6,
    networkConfiguration: IN_SUBNET,
  })
  const providers = started!.map(({ capacityProviderName }) => capacityProviderName).sort()
  expect(providers).toEqual(["FARGATE", "FARGATE", "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT", "FARGATE_SPOT"])
  expect(started!.every(({ launchType }) => launchType === "FARGATE")).toBe(true)
})

test("tasks end when their instance has left", async () => {
  const shop = await startShop()
  const instance = shop.instance("a")
  const task = await runOne(shop)
  await report(shop, task, "RUNNING")
  shop.change(instance, { status: "INACTIVE", deregisteredAt: shop.world.now() })
  await shop.world.settle()
  expect(await described(shop, task)).toMatchObject({
    lastStatus: "STOPPED",
    stoppedReason: "Container instance deregistration forced by user.",
    containers: [{ lastStatus: "STOPPED" }],
  })
})

test("all tasks end when their instance has left, however many they were", async () => {
  const shop = await startShop()
  const instance = shop.instance("a", { size: { cpu: 100_000, memory: 100_000 } })
  for (let runs = 0; runs < 21; runs++) await run(shop, { count: 10 })
  shop.change(instance, { status: "INACTIVE", deregisteredAt: shop.world.now() })
  await shop.world.settle()
  const statuses = shop.store.transact(shop.scope, (tx) => tx.all(tasks).map(({ lastStatus }) => lastStatus))
  expect(statuses).toHaveLength(210)
  expect(new Set(statuses)).toEqual(new Set(["STOPPED"]))
})

test("GPUs are shared out among the containers that ask for them, and no two tasks get the same", async () => {
  const shop = await startShop()
  shop.instance("a", { size: { gpuIds: ["gpu-1", "gpu-2", "gpu-3"] } })
  await shop.ecs.registerTaskDefinition({
    family: "model",
    containerDefinitions: [
      { name: "app", image: "model", memory: 64, resourceRequirements: [{ type: "GPU", value: "1" }] },
      { name: "log", image: "log", memory: 64, essential: false },
    ],
  })
  const { tasks: started, failures } = await run(shop, { taskDefinition: "model", count: 4 })
  expect(started!.map(({ containers }) => containers!.map(({ gpuIds }) => gpuIds))).toEqual([
    [["gpu-1"], undefined],
    [["gpu-2"], undefined],
    [["gpu-3"], undefined],
  ])
  expect(failures).toMatchObject([{ reason: "RESOURCE:GPU" }])
})

test("a task that has waited gets its GPUs and its zone with its place", async () => {
  const shop = await startShop()
  withProvider(shop, "asg")
  await shop.ecs.registerTaskDefinition({
    family: "model",
    containerDefinitions: [
      { name: "app", image: "model", memory: 64, resourceRequirements: [{ type: "GPU", value: "2" }] },
    ],
  })
  const task = await runOne(shop, {
    taskDefinition: "model",
    capacityProviderStrategy: [{ capacityProvider: "asg", weight: 1 }],
  })
  expect(shop.task(task)).toMatchObject({ lastStatus: "PROVISIONING", zone: undefined })
  shop.instance("a", {
    capacityProvider: "asg",
    size: { gpuIds: ["gpu-1", "gpu-2"] },
    attributes: [{ name: "ecs.availability-zone", value: "us-east-1b" }],
  })
  await shop.world.settle()
  expect(await described(shop, task)).toMatchObject({
    lastStatus: "PENDING",
    availabilityZone: "us-east-1b",
    containers: [{ gpuIds: ["gpu-1", "gpu-2"] }],
  })
})

test("a task runs only on a machine of the platform that its definition names", async () => {
  const shop = await startShop()
  const platform = (architecture: string, os: string) => [
    ...CAPABLE,
    { name: "ecs.cpu-architecture", value: architecture },
    { name: "ecs.os-type", value: os },
  ]
  shop.instance("a", { attributes: platform("x86_64", "linux") })
  shop.instance("b", { attributes: CAPABLE })
  const containerDefinitions = [{ name: "app", image: "nginx", memory: 64 }]
  const runtimePlatform = { cpuArchitecture: "ARM64" as const, operatingSystemFamily: "LINUX" as const }
  await shop.ecs.registerTaskDefinition({ family: "arm", containerDefinitions, runtimePlatform })
  const windows = { cpuArchitecture: "X86_64" as const, operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" as const }
  await shop.ecs.registerTaskDefinition({ family: "windows", containerDefinitions, runtimePlatform: windows })

  const { failures } = await run(shop, { taskDefinition: "arm" })
  expect(failures).toMatchObject([
    { reason: "ATTRIBUTE", detail: "ecs.cpu-architecture=arm64" },
    { reason: "ATTRIBUTE", detail: "ecs.cpu-architecture=arm64, ecs.os-type=linux" },
  ])
  const c = shop.instance("c", { attributes: platform("arm64", "linux") })
  expect(shop.task(await runOne(shop, { taskDefinition: "arm" })).instanceArn).toBe(c.arn)
  const d = shop.instance("d", { attributes: platform("x86_64", "windows") })
  expect(shop.task(await runOne(shop, { taskDefinition: "windows" })).instanceArn).toBe(d.arn)
})

test("a task on FARGATE waits for a machine of the pool that can do what its definition requires", async () => {
  const shop = await startShop()
  shop.poolInstance("a")
  await shop.ecs.registerTaskDefinition({
    ...FARGATE_WEB,
    runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
    containerDefinitions: [{ name: "app", image: "nginx", healthCheck: { command: ["CMD-SHELL", "true"] } }],
  })
  const launch = { taskDefinition: "fargate-web", launchType: "FARGATE" as const, networkConfiguration: IN_SUBNET }
  const task = await runOne(shop, launch)
  const b = shop.poolInstance("b")
  shop.change(b, { attributes: [...b.attributes, { name: "ecs.capability.container-health-check" }, ...PLATFORM] })
  await shop.world.settle()
  expect(shop.task(task).instanceArn).toBeUndefined()
  const c = shop.poolInstance("c")
  shop.change(c, {
    attributes: [
      ...c.attributes,
      { name: "com.amazonaws.ecs.capability.docker-remote-api.1.24" },
      { name: "ecs.capability.container-health-check" },
      ...PLATFORM,
    ],
  })
  await shop.world.settle()
  expect(shop.task(task).instanceArn).toBe(c.arn)
})

const PLATFORM = [
  { name: "ecs.cpu-architecture", value: "arm64" },
  { name: "ecs.os-type", value: "linux" },
]

test("tasks are listed by each filter, and by several at once", async () => {
  const shop = await startShop()
  const instance = shop.instance("a")
  const other = shop.instance("b", { agentConnected: false })
  await shop.ecs.registerTaskDefinition({
    family: "batch",
    containerDefinitions: [{ name: "app", image: "x", memory: 64 }],
  })
  const web = await runOne(shop, { startedBy: "me" })
  const batch = await runOne(shop, { taskDefinition: "batch" })
  const stopped = await runOne(shop)
  await report(shop, stopped, "STOPPED")
  const list = async (filter: object) => (await shop.ecs.listTasks({ cluster: "shop", ...filter })).taskArns

  expect(await list({})).toEqual([web, batch].sort())
  expect(await list({ desiredStatus: "STOPPED" })).toEqual([stopped])
  expect(await list({ desiredStatus: "PENDING" })).toEqual([])
  expect(await list({ family: "batch" })).toEqual([batch])
  expect(await list({ family: "web", desiredStatus: "STOPPED" })).toEqual([stopped])
  expect(await list({ startedBy: "me" })).toEqual([web])
  expect(await list({ startedBy: "you" })).toEqual([])
  expect(await list({ launchType: "EC2", family: "web" })).toEqual([web])
  expect(await list({ launchType: "FARGATE" })).toEqual([])
  expect(await list({ containerInstance: instance.arn })).toEqual([web, batch].sort())
  expect(await list({ containerInstance: instance.arn, desiredStatus: "STOPPED" })).toEqual([stopped])
  expect(await list({ containerInstance: other.arn.split("/").at(-1) })).toEqual([])
})

test("a listing goes on from page to page in the order of ids, and past tasks that a filter leaves out", async () => {
  const shop = await startShop()
  shop.instance("a", { size: { cpu: 100_000, memory: 100_000 } })
  const arns: string[] = []
  for (let runs = 0; runs < 3; runs++) {
    arns.push(...(await run(shop, { count: 10, launchType: "EC2" })).tasks!.map(({ taskArn }) => taskArn!))
  }
  const pages: string[] = []
  let nextToken: string | undefined
  do {
    const answer = await shop.ecs.listTasks({
      cluster: "shop",
      launchType: "EC2",
      maxResults: 7,
      ...(nextToken && { nextToken }),
    })
    pages.push(...answer.taskArns!)
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  expect(pages).toEqual(arns.sort())
})

test("another cluster's tasks are missing, and another account's too", async () => {
  const shop = await startShop()
  shop.instance("a")
  const task = await runOne(shop)
  await shop.ecs.createCluster({ clusterName: "other" })
  const answer = await shop.ecs.describeTasks({ cluster: "other", tasks: [task] })
  expect(answer.failures).toEqual([{ arn: task, reason: "MISSING" }])

  const stranger = shop.as({ account: "another" })
  await stranger.ecs.createCluster({ clusterName: "shop" })
  await stranger.ecs.submitTaskStateChange({ cluster: "shop", task, status: "STOPPED" })
  expect(shop.task(task).lastStatus).toBe("PENDING")
  await expect(stranger.ecs.stopTask({ cluster: "shop", task: task.split("/").at(-1)! })).rejects.toThrow(
    InvalidParameterException,
  )
})

test("a task with an interface of its own can also run on an instance", async () => {
  const shop = await startShop()
  shop.instance("a", { attributes: CAPABLE })
  await shop.ecs.registerTaskDefinition({
    family: "vpc",
    networkMode: "awsvpc",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
  })
  const task = await runOne(shop, { taskDefinition: "vpc", networkConfiguration: IN_SUBNET })
  await attach(shop, task)
  expect(await described(shop, task)).toMatchObject({ lastStatus: "PENDING", attachments: [{ status: "ATTACHED" }] })
  await shop.ecs.stopTask({ cluster: "shop", task, reason: "enough" })
  await report(shop, task, "STOPPED", [])
  await shop.world.settle()
  expect(await described(shop, task)).toMatchObject({ lastStatus: "STOPPED", stoppedReason: "enough" })
})
