import { expect, onTestFinished } from "vitest"
import { Agent } from "../../src/node/agent/agent.ts"
import { allFeatures, aMachine } from "../../src/node/agent/link/testing.ts"
import { MemoryState } from "../../src/node/agent/state-memory.ts"
import { TaskEngine } from "../../src/node/agent/task/task-engine.ts"
import { FakeMachine } from "../../src/node/engine/fake.ts"
import { startTelemetry } from "../../src/node/telemetry/telemetry.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"
import { DoorRegion } from "./door-region.ts"

// A region and one machine with our agent on it, in one process and in simulated time. The machine has no kernel: its
// images act out a script.

export type Started = Awaited<ReturnType<typeof startNode>>
export type OnMachine = ReturnType<typeof newMachine>

/** With task definitions named for the images that they run. */
export async function startNode() {
  const started = await startWorld()
  await started.ecs.createCluster({ clusterName: "default" })
  for (const name of ["service", "job", "missing"]) {
    await started.ecs.registerTaskDefinition({
      family: name,
      containerDefinitions: [{ name, image: `${name}:1`, memory: 64, portMappings: [{ containerPort: 80 }] }],
    })
  }
  const onMachine = newMachine(started)
  const process = startProcess(onMachine)
  await started.world.advance(1_000)
  return { ...onMachine, process }
}

/** What outlives the agent's process. */
export function newMachine(started: TestWorld) {
  const { world } = started
  const machine = new FakeMachine(world, [
    { reference: "service:1", pullMs: 50 },
    { reference: "job:1", pullMs: 50, behaviour: { exits: { afterMs: 5_000, code: 3 } } },
  ])
  const region = new DoorRegion(world, started.door, started.credentials)
  return { ...started, machine, region, state: new MemoryState() }
}

export function startProcess({ world, machine, region, state }: OnMachine, { bootId = "first" } = {}) {
  const engine = machine.engine()
  const resources = { cpu: 4096, memory: 8192, reservedPorts: { tcp: [22], udp: [] }, gpus: [] }
  const tasks = new TaskEngine({ world, engine, state, instance: "local", region: "us-east-1", bootId, resources })
  const telemetry = startTelemetry({ world, engine, tasks: () => state.tasks.values(), processors: 4 })
  const agent = new Agent({
    world,
    region,
    engine,
    state,
    tasks,
    telemetry,
    options: {
      cluster: "",
      machine: { ...aMachine, bootId },
      features: allFeatures,
      logDrivers: ["json-file", "awslogs"],
      attributes: [{ name: "rack", value: "7" }],
      version: "0.1.0",
      hash: "abcdef0",
    },
  })
  agent.start().catch(() => {})
  const kill = async () => {
    machine.cutOff()
    await agent.stop()
  }
  onTestFinished(kill)
  return { agent, tasks, kill }
}

export async function runTask({ ecs }: Pick<Started, "ecs">, taskDefinition: string): Promise<string> {
  const { tasks, failures } = await ecs.runTask({ taskDefinition })
  expect(failures).toEqual([])
  return tasks![0]!.taskArn!
}

export async function describeTask({ ecs }: Pick<Started, "ecs">, task: string) {
  const { tasks } = await ecs.describeTasks({ tasks: [task] })
  return tasks![0]
}
