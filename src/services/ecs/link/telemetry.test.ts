import { expect, test } from "vitest"
import { untilAnswered } from "../../../aws/testing.ts"
import { regionScope } from "../../../store/changes.ts"
import { startWorld } from "../../testing.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { tasks } from "../tables/task.ts"
import { FakeAgent, roadTo } from "./testing.ts"

async function start() {
  const region = await startWorld()
  const { world } = region
  await region.ecs.createCluster({})
  await region.ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [
      { name: "app", image: "nginx", memory: 32, healthCheck: { command: ["CMD-SHELL", "true"] } },
    ],
  })
  const road = roadTo(() => region.door, world, region)
  const agent = new FakeAgent(world, road)
  await untilAnswered(agent.register(), world)
  await untilAnswered(agent.connect(), world)
  await untilAnswered(agent.connectTelemetry(), world)
  const { tasks: started } = await region.ecs.startTask({
    taskDefinition: "web",
    containerInstances: [agent.instanceArn],
  })
  await world.advance(1_000)
  const arn = started![0]!.taskArn!
  const scope = regionScope(region.account, "us-east-1")
  const metadata = { cluster: "default", containerInstance: agent.instanceArn, fin: true, messageId: "b-1" }
  return {
    agent,
    region,
    world,
    arn,
    metadata,
    timestamp: world.now() / 1000,
    task: () => region.store.transact(scope, (tx) => tx.mustGet(tasks, arn)),
    instance: () => region.store.transact(scope, (tx) => tx.mustGet(containerInstances, agent.instanceArn)),
    health: (healthStatus: "HEALTHY" | "UNHEALTHY", taskArn = arn) => {
      const containers = [{ containerName: "app", healthStatus }]
      agent.publish("PublishHealthRequest", { timestamp: 1, metadata, tasks: [{ taskArn, containers }] })
    },
  }
}

const acks = (agent: FakeAgent) =>
  agent.heardOfTelemetry.map(({ type }) => type).filter((type) => type.startsWith("Ack"))

test("health comes from telemetry, and telling the same again changes nothing", async () => {
  const { agent, health, task, region, world } = await start()
  health("HEALTHY")
  await world.advance(100)
  expect(task()).toMatchObject({ health: "HEALTHY", containers: [{ name: "app", health: "HEALTHY" }] })
  const { version } = region.store
  health("HEALTHY")
  await world.advance(100)
  expect(region.store.version).toBe(version)
  health("UNHEALTHY")
  await world.advance(100)
  expect(task().health).toBe("UNHEALTHY")
  expect(acks(agent)).toEqual(["AckPublishHealth", "AckPublishHealth", "AckPublishHealth"])
})

test("an agent says nothing about tasks that are not on its instance", async () => {
  const { agent, health, task, region, world } = await start()
  const other = new FakeAgent(
    world,
    roadTo(() => region.door, world, region),
  )
  await untilAnswered(other.register(), world)
  await untilAnswered(other.connectTelemetry(), world)
  const containers = [{ containerName: "app", healthStatus: "UNHEALTHY" as const }]
  const metadata = { cluster: "default", containerInstance: agent.instanceArn, fin: true, messageId: "b" }
  other.publish("PublishHealthRequest", { timestamp: 1, metadata, tasks: [{ taskArn: task().arn, containers }] })
  health("HEALTHY", `${task().arn}0`)
  await world.advance(100)
  expect(task().health).toBe("UNKNOWN")
  expect(acks(other)).toEqual(["AckPublishHealth"])
})

test("metrics are acknowledged, each frame once", async () => {
  const { agent, arn, metadata, timestamp, world } = await start()
  const stats = { min: 1, max: 3, sampleCount: 2, sum: 4 }
  const containerMetrics = [{ containerName: "app", cpuStatsSet: stats, memoryStatsSet: stats }]
  const taskMetrics = [{ taskArn: arn, containerMetrics }]
  agent.publish("PublishMetricsRequest", { timestamp, metadata: { ...metadata, idle: false }, taskMetrics })
  agent.publish("PublishMetricsRequest", { timestamp, metadata: { ...metadata, idle: true }, taskMetrics: [] })
  await world.advance(100)
  expect(acks(agent)).toEqual(["AckPublishMetric", "AckPublishMetric"])
})

test("what the agent finds of its machine is kept with the instance, and not written each time it is told", async () => {
  const { agent, instance, region, timestamp, world } = await start()
  const metadata = { cluster: "default", containerInstance: agent.instanceArn, requestId: "r" }
  const tell = (status: "OK" | "IMPAIRED") =>
    agent.publish("PublishInstanceStatusRequest", {
      timestamp,
      metadata,
      statuses: [{ type: "ContainerRuntime", status }],
    })
  tell("OK")
  await world.advance(100)
  expect(instance().health).toMatchObject([{ type: "CONTAINER_RUNTIME", status: "OK" }])
  const { version } = region.store
  tell("OK")
  await world.advance(100)
  expect(region.store.version).toBe(version)
  tell("IMPAIRED")
  await world.advance(100)
  expect(instance().health).toMatchObject([{ status: "IMPAIRED" }])
  expect(acks(agent)).toHaveLength(3)
})

test("an agent with nothing to tell hears heartbeats, which need no answer", async () => {
  const { agent, world } = await start()
  await world.advance(300_000)
  expect(agent.heardOfTelemetry.filter(({ type }) => type === "HeartbeatMessage").length).toBeGreaterThanOrEqual(10)
  expect(agent.ends).toEqual([])
})

test("who tells far too much is cut off, with a code that makes it wait", async () => {
  const { agent, metadata, timestamp, world } = await start()
  for (let count = 0; count < 5_000; count++) {
    agent.publish("PublishMetricsRequest", { timestamp, metadata: { ...metadata, idle: true } })
  }
  await world.advance(100)
  expect(agent.ends).toEqual([1008])
})
