import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ECS } from "@aws-sdk/client-ecs"
import { expect, onTestFinished, test } from "vitest"
import { Agent } from "../../src/node/agent/agent.ts"
import { HttpRegion } from "../../src/node/agent/link/http/http-region.ts"
import { allFeatures, aMachine, anEngine, FakeTasks, noTelemetry } from "../../src/node/agent/link/testing.ts"
import { MemoryState } from "../../src/node/agent/state-memory.ts"
import { silentLog } from "../../src/world/log.ts"
import { realWorld } from "../../src/world/real.ts"
import { testFolder } from "./folder.ts"
import { startInTest } from "./process.ts"
import { until } from "./until.ts"

// The agent's way to a region over real sockets, signed as the region of a real process verifies it.

test.each([
  ["HTTP", []],
  ["TLS with the region's own authority", ["--listen", "0.0.0.0"]],
])("over %s an agent runs a region's task, and comes back when the region is started anew", async (_, words) => {
  const data = testFolder()
  const server = startInTest(data, ...words)
  const { port, protocol } = new URL(await server.ready)
  const endpoint = `${protocol}//127.0.0.1:${port}`
  const credentials = await server.credentials()
  const ca = protocol === "https:" ? { ca: readFileSync(join(data, "ca/ca.crt"), "utf8") } : {}
  const requestHandler = { httpsAgent: ca }
  const ecs = new ECS({ endpoint, region: "us-east-1", credentials, requestHandler })
  onTestFinished(() => ecs.destroy())

  const world = { ...realWorld(), log: silentLog }
  const state = new MemoryState()
  const tasks = new FakeTasks(world, state, { startMs: 10 })
  const region = new HttpRegion({
    world,
    name: "us-east-1",
    endpoint,
    key: () => credentials,
    userAgent: "test",
    ...ca,
  })
  const agent = new Agent({
    world,
    region,
    engine: anEngine,
    state,
    tasks,
    telemetry: noTelemetry,
    options: {
      cluster: "",
      machine: aMachine,
      features: allFeatures,
      logDrivers: ["json-file"],
      version: "0.1.0",
      hash: "abcdef0",
      publishMs: 100,
    },
  })
  onTestFinished(async () => {
    await agent.stop()
    region.close()
  })
  await agent.start()
  await until(() => agent.status().isConnected && agent.status().isTelemetryConnected)

  const containerDefinitions = [{ name: "app", image: "web:1", memory: 64 }]
  await ecs.registerTaskDefinition({ family: "web", containerDefinitions })
  const { tasks: started } = await ecs.runTask({ taskDefinition: "web" })
  const task = started![0]!.taskArn!
  const lastStatus = async () => (await ecs.describeTasks({ tasks: [task] })).tasks![0]!.lastStatus
  await until(async () => (await lastStatus()) === "RUNNING")

  await server.kill()
  tasks.exit(task, 3)
  await until(() => !agent.status().isConnected)
  const again = startInTest(data, ...words, "--port", port)
  await again.ready
  await until(async () => (await lastStatus()) === "STOPPED" && agent.status().isConnected)
  expect((await ecs.describeTasks({ tasks: [task] })).tasks![0]!.containers).toMatchObject([{ exitCode: 3 }])
})

test("a key that is not the region's is refused by name", async () => {
  const server = startInTest(testFolder())
  const endpoint = await server.ready
  const { accessKeyId } = await server.credentials()
  const key = () => ({ accessKeyId, secretAccessKey: "something else" })
  const region = new HttpRegion({ world: realWorld(), name: "us-east-1", endpoint, key, userAgent: "test" })
  onTestFinished(() => region.close())
  await expect(region.call("ecs", "ListClusters", {})).rejects.toMatchObject({ status: 400, code: /Signature/ })
  await expect(region.connect(`${endpoint}/acs/ws?clusterArn=a`)).rejects.toMatchObject({ code: /Signature/ })
})
