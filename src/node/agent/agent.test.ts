import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { Agent } from "./agent.ts"
import { fault, ScriptedRegion } from "./link/scripted-region.testing.ts"
import { allFeatures, aMachine, anEngine, FakeTasks, noTelemetry } from "./link/testing.ts"
import { MemoryState } from "./state-memory.ts"

const registered = (_: string, { attributes }: { attributes: object[] }) => ({
  containerInstance: { containerInstanceArn: "arn:instance", attributes },
  endpoint: "http://region/acs/",
  telemetryEndpoint: "http://region/tcs/",
})

function start(engine: { readonly name: "docker" | "containerd"; readonly version: string } = DOCKER) {
  const world = simulatedWorld()
  const region = new ScriptedRegion(registered)
  const state = new MemoryState()
  const tasks = new FakeTasks(world, state)
  const agent = new Agent({
    world,
    region,
    engine: { ...anEngine, ...engine },
    state,
    tasks,
    telemetry: noTelemetry,
    options: {
      cluster: "",
      machine: aMachine,
      features: allFeatures,
      logDrivers: [],
      version: "0.1.0",
      hash: "abcdef0",
    },
  })
  onTestFinished(() => agent.stop())
  const socketsAt = (path: string) => region.sockets.filter((_, n) => region.urls[n]!.pathname === path)
  return { world, region, state, tasks, agent, socketsAt }
}

const DOCKER = { name: "docker", version: "28.1" } as const

test("it connects twice, with what agents say of themselves in the order in which they say it", async () => {
  const { world, region, agent } = start()
  await agent.start()
  await world.settle()
  expect(region.urls.map(String)).toEqual([
    "http://region/acs/ws?agentHash=abcdef0&agentVersion=0.1.0&clusterArn=default&containerInstanceArn=arn%3Ainstance" +
      "&dockerVersion=DockerVersion%3A%2028.1&protocolVersion=2&sendCredentials=true&seqNum=1",
    "http://region/tcs/ws?agentHash=abcdef0&agentVersion=0.1.0&cluster=default&containerInstance=arn%3Ainstance" +
      "&dockerVersion=28.1",
  ])
  expect(agent.status()).toEqual({
    cluster: "default",
    containerInstanceArn: "arn:instance",
    version: "0.1.0",
    phase: "registered",
    isConnected: true,
    isTelemetryConnected: true,
    tasksToReport: 0,
  })
})

test("containerd is named without a version", async () => {
  const { world, region, agent } = start({ name: "containerd", version: "1.6" })
  await agent.start()
  await world.settle()
  expect(region.urls.map(({ searchParams }) => searchParams.get("dockerVersion"))).toEqual(["containerd", "containerd"])
})

test("what runs is looked after although the region is away", async () => {
  const { world, region, state, agent } = start()
  state.putIdentity({ cluster: "default", containerInstanceArn: "arn:instance", bootId: "before" })
  region.answer = () => {
    throw fault("Unreachable")
  }
  await agent.start()
  await world.advance(60_000)
  expect(agent.status().phase).toBe("registering")
  // Or the next start of the process would take this start of the machine for a new one.
  expect(state.identity!.bootId).toBe("first")
})

test("telemetry ends once when the instance is said to be gone", async () => {
  const { world, region, agent, socketsAt } = start()
  await agent.start()
  await world.advance(5_000)
  region.refusal = fault("InactiveInstanceException")
  socketsAt("/acs/ws")[0]!.end(1008)
  await world.advance(1_000)
  expect(agent.status()).toMatchObject({ phase: "inactive", isTelemetryConnected: false })
  expect(socketsAt("/tcs/ws")[0]!.closes).toHaveLength(1)
})

test("a stop leaves the tasks as they are, and nothing is said after it", async () => {
  const { world, region, tasks, state, agent } = start()
  await agent.start()
  await world.settle()
  tasks.accept({ arn: "a", desiredStatus: "RUNNING", family: "f", version: "1", containers: [A_CONTAINER] })
  await world.advance(1_000)
  const calls = region.calls.length
  await agent.stop()
  await agent.stop()
  await world.advance(3_600_000)
  expect(state.tasks.get("a")!.desiredStatus).toBe("RUNNING")
  expect(region.calls).toHaveLength(calls)
  expect(region.sockets).toHaveLength(2)
  expect(agent.status()).toMatchObject({ phase: "stopped", isConnected: false })
})

test("an agent that is stopped before it is registered says so to whoever waits", async () => {
  const { agent } = start()
  await agent.start()
  await agent.stop()
  await expect(agent.registered).rejects.toThrow(/stopped/)
})

const A_CONTAINER = { name: "app", image: "web:1", cpu: 0, memory: 0, essential: true }

test("a region that has moved is found where it says it is now", async () => {
  const { world, region, agent } = start()
  await agent.start()
  await world.settle()
  region.answer = (operation, input) => ({
    ...registered(operation, input),
    endpoint: "http://moved/acs/",
    telemetryEndpoint: "http://moved/tcs/",
  })
  region.refusal = fault("Unreachable")
  for (const socket of region.sockets) socket.end(1006)
  await world.advance(10_000)
  expect(region.urls.at(-1)!.host).toBe("moved")
})
