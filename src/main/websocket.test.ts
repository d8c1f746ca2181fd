import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ECS } from "@aws-sdk/client-ecs"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { WebSocket } from "ws"
import { NO_BODY } from "../aws/http.ts"
import type { Socket } from "../aws/socket.ts"
import { type AgentRoad, FakeAgent, signer } from "../services/ecs/link/testing.ts"
import { MemoryDisk, memoryJournal } from "../store/journal/memory.ts"
import { recordingLog } from "../world/log.ts"
import { realWorld } from "../world/real.ts"
import { firstCredentials } from "./accounts.ts"
import { dataDirectory } from "./data.ts"
import { masterKeyPlace } from "./master-key-place.ts"
import { Region } from "./region.ts"

const log = recordingLog()
const world = { ...realWorld(), log }
let folder: string
let regions: Region[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-websocket-"))
  regions = []
})
afterEach(async () => {
  for (const region of regions) await region.close(0)
  rmSync(folder, { recursive: true })
})

async function listening(disk: MemoryDisk): Promise<{ region: Region; served: Promise<void> }> {
  const data = dataDirectory(folder)
  const region = new Region({
    world,
    data,
    masterKey: masterKeyPlace({ data }),
    addresses: ["127.0.0.1"],
    port: 0,
    dev: false,
    journal: (port) => memoryJournal(world, { disk, waits: true, address: `http://127.0.0.1:${port}` }),
  })
  regions.push(region)
  await region.listen()
  const served = Promise.withResolvers<void>()
  region.run(served.resolve).catch(served.reject)
  // A test may be over before a standby has taken over.
  served.promise.catch(() => {})
  return { region, served: served.promise }
}

async function start() {
  const disk = new MemoryDisk()
  const { region, served } = await listening(disk)
  await served
  const { accessKeyId, secretAccessKey } = firstCredentials(region.store, region.installation!)
  const credentials = { accessKeyId, secretAccessKey }
  const endpoint = `http://127.0.0.1:${region.port}`
  const ecs = new ECS({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 })
  await ecs.createCluster({})
  await ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
  })
  return { disk, region, ecs, credentials }
}

/** An agent's road over real connections. */
function roadOver(region: Region, credentials: { accessKeyId: string; secretAccessKey: string }): AgentRoad {
  const host = `127.0.0.1:${region.port}`
  const sign = signer(world, credentials)
  return {
    async call(operation, input) {
      const headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
        host,
      }
      const body = JSON.stringify(input)
      const signed = sign({ method: "POST", path: "/", query: "", headers, body: Buffer.from(body) })
      const answer = await fetch(`http://${host}`, { method: "POST", headers: signed.headers as never, body })
      return { status: answer.status, body: (await answer.json()) as never }
    },
    dial(path, parameters) {
      const query = new URLSearchParams(parameters).toString()
      const { headers } = sign({ method: "GET", path, query, headers: { host }, body: NO_BODY })
      const socket = new WebSocket(`ws://${host}${path}?${query}`, { headers: headers as never })
      return new Promise((resolve, reject) => {
        const early: string[] = []
        socket.on("message", (data) => early.push(String(data)))
        socket.once("open", () => resolve({ socket: clientSocket(socket, early), cut: () => socket.terminate() }))
        socket.once("error", reject)
        socket.once("unexpected-response", (_, response) => {
          let body = ""
          response.on("data", (part) => {
            body += part
          })
          response.on("end", () => resolve({ status: response.statusCode!, headers: {}, body }))
        })
      })
    },
  }
}

/** The client's end, with what came before anyone listened. */
function clientSocket(socket: WebSocket, early: readonly string[]): Socket {
  return {
    waitingBytes: 0,
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    listen(listener) {
      socket.removeAllListeners("message")
      for (const text of early) listener.message(text)
      socket.on("message", (data) => listener.message(String(data)))
      socket.once("close", (code, reason) => listener.closed(code, String(reason)))
    },
  }
}

async function agentOn(region: Region, credentials: { accessKeyId: string; secretAccessKey: string }) {
  const agent = new FakeAgent(world, roadOver(region, credentials), { startMs: 5, stopMs: 5 })
  await agent.register()
  return agent
}

test("a task runs and stops on an agent that is connected by real websockets, until the process stops", async () => {
  const { region, ecs, credentials } = await start()
  const agent = await agentOn(region, credentials)
  expect(await agent.connect()).toBeUndefined()
  expect(await agent.connectTelemetry()).toBeUndefined()
  await vi.waitUntil(async () => {
    const { containerInstances } = await ecs.describeContainerInstances({ containerInstances: [agent.instanceArn] })
    return containerInstances?.[0]?.agentConnected
  })
  const { tasks } = await ecs.startTask({ taskDefinition: "web", containerInstances: [agent.instanceArn] })
  const arn = tasks![0]!.taskArn!
  const status = async () => (await ecs.describeTasks({ tasks: [arn] })).tasks?.[0]?.lastStatus
  await vi.waitUntil(async () => (await status()) === "RUNNING")

  const metadata = { cluster: "default", containerInstance: agent.instanceArn, fin: true, idle: true, messageId: "b" }
  agent.publish("PublishMetricsRequest", { timestamp: 1, metadata })
  await vi.waitUntil(() => agent.heardOfTelemetry.some(({ type }) => type === "AckPublishMetric"))

  await ecs.stopTask({ task: arn })
  await vi.waitUntil(async () => (await status()) === "STOPPED")
  await region.close(0)
  await vi.waitUntil(() => agent.ends.length === 2)
  expect(agent.ends).toEqual([1012, 1012])
})

test("an upgrade that is refused is answered with what agents read", async () => {
  const { region, credentials } = await start()
  const agent = await agentOn(region, credentials)
  agent.instanceArn = `${agent.instanceArn.slice(0, -4)}0000`
  const refused = (await agent.connect())!
  expect([refused.status, JSON.parse(String(refused.body)).type]).toEqual([400, "InvalidInstanceException"])

  const forger = new FakeAgent(world, roadOver(region, { ...credentials, secretAccessKey: "wrong" }))
  expect(JSON.parse(String((await forger.connect())!.body)).type).toBe("InvalidSignatureException")
})

test("a connection that comes to a standby goes on to the leader", async () => {
  const { disk, region, ecs, credentials } = await start()
  const { region: standby } = await listening(disk)
  await vi.waitUntil(() => standby.leaderAddress !== undefined)
  const agent = await agentOn(standby, credentials)
  expect(await agent.connect()).toBeUndefined()
  const { tasks, failures } = await ecs.startTask({ taskDefinition: "web", containerInstances: [agent.instanceArn] })
  expect(failures).toEqual([])
  await vi.waitUntil(() => agent.tasks.has(tasks![0]!.taskArn!))
  await region.close(0)
  await vi.waitUntil(() => agent.ends.length === 1)
})

test("a process that loses its journal ends its connections, so that agents go and look for another", async () => {
  const { disk, region, ecs, credentials } = await start()
  const agent = await agentOn(region, credentials)
  expect(await agent.connect()).toBeUndefined()
  disk.failNextAppend("io")
  await expect(ecs.createCluster({ clusterName: "lost" })).rejects.toThrow()
  await vi.waitUntil(() => agent.ends.length === 1)
  expect(agent.ends).toEqual([1012])
})

test("what is not text, or far too long, ends the connection and nothing else", async () => {
  const { region, credentials } = await start()
  const agent = await agentOn(region, credentials)
  const host = `127.0.0.1:${region.port}`
  const query = new URLSearchParams({ clusterArn: "default", containerInstanceArn: agent.instanceArn }).toString()
  const { headers } = signer(
    world,
    credentials,
  )({ method: "GET", path: "/acs/ws", query, headers: { host }, body: NO_BODY })
  const endOf = (message: string | Uint8Array) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(`ws://${host}/acs/ws?${query}`, { headers: headers as never })
      socket.once("open", () => socket.send(message))
      socket.once("close", resolve)
      socket.once("error", reject)
    })
  expect(await endOf(new Uint8Array([1, 2, 3]))).toBe(1003)
  expect(await endOf("x".repeat(3 * 2 ** 20))).toBe(1009)
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([])
})
