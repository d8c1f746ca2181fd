import { expect, onTestFinished, test } from "vitest"
import { Agent } from "../../src/node/agent/agent.ts"
import { allFeatures, aMachine } from "../../src/node/agent/link/testing.ts"
import type { Fabric } from "../../src/node/agent/task/surroundings.ts"
import { TaskEngine } from "../../src/node/agent/task/task-engine.ts"
import { startTelemetry } from "../../src/node/telemetry/telemetry.ts"
import { networkInterfaces } from "../../src/services/ec2/index.ts"
import { hostedInterfaces } from "../../src/services/fabric/tables.ts"
import { startWorld } from "../../src/services/testing.ts"
import { sleep } from "../../src/world/world.ts"
import { follow, type NotedFabric } from "./fabric-setting.ts"
import { newMachine } from "./node-agent-setting.ts"

// A task in awsvpc mode the whole way: the region makes its interface, the stream brings it to the machine, our agent finds
// it there and says so, and then it is told of the task.

async function startMachine(brings = true) {
  const started = await startWorld()
  await started.ecs.createCluster({ clusterName: "default" })
  await started.ecs.registerTaskDefinition({
    family: "service",
    networkMode: "awsvpc",
    containerDefinitions: [{ name: "service", image: "service:1", memory: 64, portMappings: [{ containerPort: 80 }] }],
  })
  const { Subnets } = await started.ec2.describeSubnets({})
  const onMachine = newMachine(started)
  const { world, machine, region, state } = onMachine
  const engine = machine.engine()
  let noted: NotedFabric | undefined
  const steps: string[] = []

  /** Interfaces are there as soon as the stream has told of them. */
  const fabric: Fabric = {
    async attach(_task, [one], waitMs) {
      steps.push("attach")
      const until = world.monotonic() + waitMs
      while (!noted?.all("interface").some(({ macAddress }) => brings && macAddress === one!.macAddress)) {
        if (world.monotonic() > until) throw new Error("the interface has not come")
        await sleep(world, 10)
      }
    },
    async namespace(_task, [one]) {
      steps.push("run")
      return `/run/netns/${one!.ec2Id}`
    },
    async detach() {
      steps.push("detach")
    },
  }
  const tasks = new TaskEngine({
    world,
    engine,
    state,
    fabric,
    instance: "local",
    region: "us-east-1",
    bootId: "first",
    resources: { cpu: 4096, memory: 8192, reservedPorts: { tcp: [], udp: [] }, gpus: [] },
  })
  const telemetry = startTelemetry({ world, engine, tasks: () => state.tasks.values(), processors: 4 })
  const options = {
    cluster: "",
    machine: { ...aMachine, bootId: "first" },
    features: allFeatures,
    logDrivers: ["json-file"],
    version: "0.1.0",
    hash: "abcdef0",
  }
  const agent = new Agent({ world, region, engine, state, tasks, telemetry, options })
  agent.start().catch(() => {})
  onTestFinished(() => agent.stop())
  await world.advance(1_000)
  const { containerInstanceArn } = await agent.registered
  noted = follow(started, containerInstanceArn, { address: "192.0.2.1" }).fabric
  await world.advance(100)
  return { ...started, noted, steps, subnets: Subnets!.map(({ SubnetId }) => SubnetId!) }
}

async function runTask({ ecs, subnets }: Awaited<ReturnType<typeof startMachine>>) {
  const networkConfiguration = { awsvpcConfiguration: { subnets } }
  const { tasks, failures } = await ecs.runTask({ taskDefinition: "service", networkConfiguration })
  expect(failures).toEqual([])
  return tasks![0]!.taskArn!
}

test("a task's interface comes to its machine before the task does, and leaves after it", async () => {
  const started = await startMachine()
  const { ecs, world, noted, steps, store } = started
  const task = await runTask(started)
  await world.advance(2_000)
  const { tasks: [running] = [] } = await ecs.describeTasks({ tasks: [task] })
  expect(running).toMatchObject({ lastStatus: "RUNNING", attachments: [{ status: "ATTACHED" }] })
  expect(steps).toEqual(["attach", "run"])
  expect(noted.all("interface")).toMatchObject([
    {
      addresses: [running!.containers![0]!.networkInterfaces![0]!.privateIpv4Address],
      host: running!.containerInstanceArn,
    },
  ])

  await ecs.stopTask({ task })
  await world.advance(2_000)
  const { tasks: [stopped] = [] } = await ecs.describeTasks({ tasks: [task] })
  expect(stopped).toMatchObject({ lastStatus: "STOPPED", attachments: [{ status: "DELETED" }] })
  expect(steps).toEqual(["attach", "run", "detach"])
  expect(noted.content()).toEqual([])
  expect(store.size(networkInterfaces)).toBe(0)
})

test("where the interface does not come, the task is given up and nothing of it is left", async () => {
  const started = await startMachine(false)
  const task = await runTask(started)
  await started.world.advance(5 * 60_000 + 2_000)
  const { tasks: [stopped] = [] } = await started.as({}).ecs.describeTasks({ tasks: [task] })
  expect(stopped).toMatchObject({ lastStatus: "STOPPED", stopCode: "TaskFailedToStart" })
  expect(started.steps).toEqual(["attach"])
  expect(started.noted.content()).toEqual([])
  expect(started.store.size(hostedInterfaces)).toBe(0)
})
