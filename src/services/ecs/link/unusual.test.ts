import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { untilAnswered } from "../../../aws/testing.ts"
import { regionScope } from "../../../store/changes.ts"
import { iam } from "../../iam/index.ts"
import { sts } from "../../sts/index.ts"
import { startWorld } from "../../testing.ts"
import { ecs, POOL_ACCOUNT, POOL_CLUSTER } from "../index.ts"
import { poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"
import { IN_SUBNET, openSubnet } from "../task/testing.ts"
import type { SessionHost } from "./session.ts"
import { agentSockets } from "./sockets.ts"
import { FakeAgent, roadTo } from "./testing.ts"

test("an instance of the pool runs tasks of any account, and is asked about them like any other", async () => {
  const region = await startWorld()
  const { world, store } = region
  openSubnet(region, regionScope(region.account, "us-east-1"))
  await region.ecs.createCluster({})
  await region.ecs.registerTaskDefinition({
    family: "web",
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "app", image: "nginx" }],
  })
  const pool = region.as({ account: POOL_ACCOUNT })
  const agent = new FakeAgent(
    world,
    roadTo(() => region.door, world, pool),
    { cluster: POOL_CLUSTER },
  )
  await untilAnswered(agent.register(), world)
  await untilAnswered(agent.connect(), world)
  await untilAnswered(agent.connectTelemetry(), world)
  const { tasks: started } = await region.ecs.runTask({
    taskDefinition: "web",
    launchType: "FARGATE",
    networkConfiguration: IN_SUBNET,
  })
  const arn = started![0]!.taskArn!
  const task = () => store.transact(regionScope(region.account, "us-east-1"), (tx) => tx.mustGet(tasks, arn))
  await world.advance(2_000)
  expect(task()).toMatchObject({ lastStatus: "RUNNING", instanceArn: agent.instanceArn })
  const payload = agent.tasks.get(arn)!.payload
  expect(payload).toMatchObject({ launchType: "FARGATE", taskClusterArn: task().clusterArn })
  expect(payload.containers[0]!.environment).toEqual({ AWS_EXECUTION_ENV: "AWS_ECS_FARGATE" })

  const metadata = { cluster: POOL_CLUSTER, containerInstance: agent.instanceArn, fin: true, messageId: "b" }
  const containers = [{ containerName: "app", healthStatus: "HEALTHY" as const }]
  agent.publish("PublishHealthRequest", { timestamp: 1, metadata, tasks: [{ taskArn: arn, containers }] })
  await world.advance(10)
  const stray = `${arn.slice(0, -4)}0000`
  agent.tasks.set(stray, { payload: { ...payload, arn: stray }, status: "RUNNING", desired: "RUNNING" })
  agent.restart()
  await untilAnswered(agent.connect(), world)
  await world.advance(1_000)
  expect(task()).toMatchObject({ lastStatus: "RUNNING", health: "HEALTHY" })
  expect(agent.tasks.get(stray)?.status).toBe("STOPPED")

  await region.ecs.stopTask({ task: arn })
  await world.advance(1_000)
  expect(task().lastStatus).toBe("STOPPED")
  expect(store.transact(regionScope(POOL_ACCOUNT, "us-east-1"), (tx) => tx.all(poolTasks))).toEqual([])
})

/** Without controllers: tasks are where the test puts them. */
async function startBare(issue?: SessionHost["issue"], roles: Partial<RegisterTaskDefinitionRequest> = {}) {
  const sockets = issue === undefined ? agentSockets() : agentSockets(() => issue)
  const region = await startWorld({ services: [iam, sts(), { ...ecs, controllers: [], sockets }] })
  const { world, store } = region
  await region.ecs.createCluster({})
  await region.ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
    ...roles,
  })
  for (const RoleName of Object.values(roles) as string[]) {
    const Principal = { Service: "ecs-tasks.amazonaws.com" }
    const Statement = [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }]
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement })
    await region.iam.createRole({ RoleName, AssumeRolePolicyDocument })
  }
  const agent = new FakeAgent(
    world,
    roadTo(() => region.door, world, region),
    { startMs: 1_000 },
  )
  await untilAnswered(agent.register(), world)
  await untilAnswered(agent.connect(), world)
  const { tasks: started } = await region.ecs.startTask({
    taskDefinition: "web",
    containerInstances: [agent.instanceArn],
  })
  const arn = started![0]!.taskArn!
  const scope = regionScope(region.account, "us-east-1")
  return {
    region,
    world,
    agent,
    arn,
    task: () => store.transact(scope, (tx) => tx.mustGet(tasks, arn)),
    change: (changes: Partial<Task>) =>
      store.transact(scope, (tx) => tx.put(tasks, { ...tx.mustGet(tasks, arn), ...changes })),
  }
}

test("an agent is told of an interface before the task, and what it reports of it is heard", async () => {
  const { agent, arn, change, task, world } = await startBare()
  await world.advance(10)
  agent.vanish()
  agent.restart()
  agent.lose(arn)
  agent.heard.length = 0
  const details = [
    { name: "networkInterfaceId", value: "eni-1" },
    { name: "macAddress", value: "0a:00:00:00:00:01" },
    { name: "privateIPv4Address", value: "10.0.0.7" },
  ]
  const until = world.now() + 60_000
  const link = { gateway: "10.0.0.1/24", nameServers: [], searchDomains: [], until }
  const attachment = { id: "a-1", type: "ElasticNetworkInterface" as const, details, link }
  change({ lastStatus: "PROVISIONING", attachments: [{ ...attachment, status: "ATTACHING" }] })
  await untilAnswered(agent.connect(), world)
  await world.advance(500)
  const types = () => agent.heard.map(({ type }) => type).filter((type) => type !== "HeartbeatMessage")
  expect(types()).toEqual(["AttachTaskNetworkInterfacesMessage", "TaskManifestMessage"])
  expect(agent.heard.find(({ type }) => type === "AttachTaskNetworkInterfacesMessage")?.message).toMatchObject({
    taskArn: arn,
    // What is left of it when the message is written.
    waitTimeoutMs: expect.closeTo(60_000, -2),
    elasticNetworkInterfaces: [{ macAddress: "0a:00:00:00:00:01" }],
  })
  await world.advance(1_000)
  expect(task()).toMatchObject({ lastStatus: "PENDING", attachments: [{ status: "ATTACHED" }] })
  await world.advance(500)
  expect(types().at(-1)).toBe("PayloadMessage")
  expect(agent.tasks.get(arn)!.payload.elasticNetworkInterfaces).toMatchObject([{ ec2Id: "eni-1" }])
})

test("an agent that starts gets the credentials of all its tasks again, under the same id", async () => {
  let issued = 0
  const { agent, arn, world } = await startBare(() => {
    issued += 1
    const secret = { accessKeyId: "ASIA", secretAccessKey: `secret ${issued}`, sessionToken: "t", expiration: "e" }
    return { task: { credentialsId: "of the task", ...secret } }
  })
  await world.advance(2_000)
  const given = () =>
    agent.heard.flatMap(({ type, message }) => (type === "PayloadMessage" ? [message.tasks[0]!.roleCredentials] : []))
  expect(given()).toMatchObject([{ credentialsId: "of the task", secretAccessKey: "secret 1" }])

  agent.vanish()
  await untilAnswered(agent.connect(), world)
  await world.advance(1_000)
  expect(given()).toHaveLength(1)

  agent.restart()
  await untilAnswered(agent.connect(), world)
  await world.advance(1_000)
  expect(given()[1]).toMatchObject({ credentialsId: "of the task", secretAccessKey: "secret 2" })
  expect(agent.tasks.get(arn)?.status).toBe("RUNNING")
})

test("an agent gets credentials of the task's roles, good for who they are, and new ones before they run out", async () => {
  const { agent, arn, region, world } = await startBare(undefined, { taskRoleArn: "app", executionRoleArn: "pull" })
  await world.advance(2_000)
  const { roleCredentials, executionRoleCredentials } = agent.tasks.get(arn)!.payload
  expect(roleCredentials).toMatchObject({ roleArn: `arn:aws:iam::${region.account}:role/app` })
  expect(executionRoleCredentials!.credentialsId).not.toBe(roleCredentials!.credentialsId)
  const id = arn.slice(arn.lastIndexOf("/") + 1)
  const whoIs = async ({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<typeof roleCredentials>) =>
    (await region.as({ credentials: { accessKeyId, secretAccessKey, sessionToken } }).sts.getCallerIdentity({})).Arn
  expect(await whoIs(roleCredentials!)).toBe(`arn:aws:sts::${region.account}:assumed-role/app/${id}`)

  await world.advance(3_610_000)
  const renewed = agent.heard.flatMap(({ type, message }) => (type === "IAMRoleCredentialsMessage" ? [message] : []))
  expect(renewed.map(({ roleType, taskArn }) => [roleType, taskArn])).toEqual([
    ["TaskApplication", arn],
    ["TaskExecution", arn],
  ])
  const [again] = renewed
  expect(again!.roleCredentials.credentialsId).toBe(roleCredentials!.credentialsId)
  expect(again!.roleCredentials.accessKeyId).not.toBe(roleCredentials!.accessKeyId)
  expect(Date.parse(again!.roleCredentials.expiration)).toBeGreaterThan(Date.parse(roleCredentials!.expiration))

  await world.advance(5 * 3_600_000)
  await expect(whoIs(roleCredentials!)).rejects.toMatchObject({ name: "ExpiredToken" })
})

test("a task that cannot be put into words does not keep the others from the agent", async () => {
  let isBroken = true
  const { agent, arn, region, world } = await startBare((_, task) => {
    if (isBroken && task.arn.endsWith(arn.slice(-8))) throw new Error("no credentials today")
    return {}
  })
  const { tasks: started } = await region.ecs.startTask({
    taskDefinition: "web",
    containerInstances: [agent.instanceArn],
  })
  await world.advance(2_000)
  expect([...agent.tasks.keys()]).toEqual([started![0]!.taskArn])
  expect(region.log.lines.some(({ message }) => message === "a task could not be told to its agent")).toBe(true)
  isBroken = false
  await world.advance(30_000)
  expect(agent.tasks.size).toBe(2)
})
