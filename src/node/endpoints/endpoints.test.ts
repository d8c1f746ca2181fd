import type { Duplex } from "node:stream"
import { duplexPair } from "node:stream"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import type { ContainerRecord, TaskRecord } from "../agent/records.ts"
import { FakeMachine } from "../engine/fake.ts"
import { NodeEndpoints } from "./endpoints.ts"
import { REGION_ADDRESS, TASK_ADDRESS } from "./place.ts"
import type { EndpointAgent } from "./tenant.ts"
import { aContainerRecord, anAgent, aTaskRecord } from "./testing.ts"

async function aNode(tasks: readonly TaskRecord[], agent: Partial<EndpointAgent> = {}) {
  const world = simulatedWorld()
  const machine = new FakeMachine(world)
  const engine = machine.engine()
  for (const task of tasks) {
    for (const { networkId } of task.containers) {
      const mode = task.payload.networkMode === "host" ? "host" : "bridge"
      await engine.createNetwork({ id: networkId, instance: "local", taskId: task.id, mode, ports: [] })
    }
  }
  const node = new NodeEndpoints({ world, engine })
  return { world, machine, engine, node, endpoints: node.of(anAgent(tasks, agent)) }
}

function aTask(id: string, networkId: string, networkMode: "bridge" | "host" = "bridge") {
  const container = aContainerRecord({ networkId, endpointId: `endpoint-${id}` })
  const task = aTaskRecord(id, { payload: { networkMode }, taskCredentialsId: `role-${id}`, containers: [container] })
  return { task, container } as { task: TaskRecord; container: ContainerRecord }
}

/** One request on a connection from inside of a network; undefined when nobody listens. */
function get(machine: FakeMachine, networkId: string, path: string): Promise<Answer> | undefined {
  const socket = machine.connect(networkId, TASK_ADDRESS, 80)
  if (socket === undefined) return undefined
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 169.254.170.2\r\nconnection: close\r\n\r\n`)
  return read(socket).then((text) => {
    const [head = "", body = ""] = text.split("\r\n\r\n")
    return { status: Number(head.split(" ")[1]), body }
  })
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** All that the other side says, until it has said all or broken off; the connection stays as it is. */
function read(socket: Duplex): Promise<string> {
  return new Promise((resolve) => {
    let text = ""
    socket.on("data", (part) => {
      text += part
    })
    for (const event of ["end", "close", "error"]) socket.once(event, () => resolve(text))
  })
}

test("a container reads its metadata over HTTP, and is told of its own network's task only", async () => {
  const [one, two] = [aTask("1", "network-1"), aTask("2", "network-2")]
  const { machine, endpoints } = await aNode([one.task, two.task])
  await endpoints.open(one.task, one.container)
  await endpoints.open(two.task, two.container)

  const metadata = await get(machine, "network-1", "/v4/endpoint-1/task")
  expect(JSON.parse(metadata!.body)).toMatchObject({ TaskARN: one.task.arn })
  expect(await get(machine, "network-1", "/v4/endpoint-2/task")).toMatchObject({ status: 404 })
  expect(await get(machine, "network-1", "/v2/credentials/role-1")).toMatchObject({ status: 200 })
  expect(await get(machine, "network-1", "/v2/credentials/role-2")).toMatchObject({ status: 400 })
  expect(await get(machine, "network-2", "/v2/credentials/role-2")).toMatchObject({ status: 200 })
})

test("what is opened twice is served once, and is gone when it is closed", async () => {
  const { task, container } = aTask("1", "network-1")
  const { machine, endpoints } = await aNode([task])
  await Promise.all([endpoints.open(task, container), endpoints.open(task, container)])
  await endpoints.open(task, container)
  expect(await get(machine, "network-1", "/v4/endpoint-1")).toMatchObject({ status: 200 })

  await endpoints.close("network-1")
  await endpoints.close("network-1")
  expect(get(machine, "network-1", "/v4/endpoint-1")).toBeUndefined()
})

test("tasks of the mode host share one place, which serves no other task and stays for whoever is left", async () => {
  const [one, two, bridged] = [aTask("1", "host-1", "host"), aTask("2", "host-2", "host"), aTask("3", "network-3")]
  const { machine, endpoints } = await aNode([one.task, two.task, bridged.task])
  await endpoints.open(one.task, one.container)
  await endpoints.open(two.task, two.container)
  await endpoints.open(bridged.task, bridged.container)
  expect(get(machine, "host-2", "/")).toBeUndefined()
  expect(await get(machine, "host-1", "/v2/credentials/role-1")).toMatchObject({ status: 200 })
  expect(await get(machine, "host-1", "/v2/credentials/role-2")).toMatchObject({ status: 200 })
  expect(await get(machine, "host-1", "/v2/credentials/role-3")).toMatchObject({ status: 400 })

  await endpoints.close("host-1")
  expect(get(machine, "host-1", "/")).toBeUndefined()
  expect(await get(machine, "host-2", "/v2/credentials/role-2")).toMatchObject({ status: 200 })
  expect(await get(machine, "host-2", "/v2/credentials/role-1")).toMatchObject({ status: 400 })
  await endpoints.close("host-2")
  expect(get(machine, "host-2", "/")).toBeUndefined()
})

test("instances on the host's network share its place, one with a network of its own does not", async () => {
  const [one, two, three] = [aTask("1", "host-1", "host"), aTask("2", "host-2", "host"), aTask("3", "host-3", "host")]
  const { machine, node, endpoints } = await aNode([one.task, two.task, three.task])
  await endpoints.open(one.task, one.container)
  await node.of(anAgent([two.task], { instance: "second" })).open(two.task, two.container)
  await node.of(anAgent([three.task], { instance: "third", ownNetwork: true })).open(three.task, three.container)

  expect(await get(machine, "host-1", "/v4/endpoint-2")).toMatchObject({ status: 200 })
  expect(await get(machine, "host-1", "/v4/endpoint-3")).toMatchObject({ status: 404 })
  expect(await get(machine, "host-3", "/v4/endpoint-3")).toMatchObject({ status: 200 })
})

test("a network that is gone cannot be opened, and can be when it is there again", async () => {
  const { task, container } = aTask("1", "network-1")
  const { engine, machine, endpoints } = await aNode([task])
  await engine.removeNetwork("network-1")
  await expect(endpoints.open(task, container)).rejects.toThrow("No such network: network-1")

  await engine.createNetwork({ id: "network-1", instance: "local", taskId: task.id, mode: "none" })
  await endpoints.open(task, container)
  expect(await get(machine, "network-1", "/v4/endpoint-1")).toMatchObject({ status: 200 })
})

test("more than sixty requests at once are refused, and forty more can be had each second", async () => {
  const { task, container } = aTask("1", "network-1")
  const { world, machine, endpoints } = await aNode([task])
  await endpoints.open(task, container)
  const statusesOf = async (count: number) => {
    const answers = await Promise.all(Array.from({ length: count }, () => get(machine, "network-1", "/v4/endpoint-1")))
    return answers.map((answer) => answer?.status)
  }

  const first = await statusesOf(70)
  expect(first.filter((status) => status === 200)).toHaveLength(60)
  expect(first.filter((status) => status === 429)).toHaveLength(10)
  await world.advance(500)
  expect((await statusesOf(30)).filter((status) => status === 200)).toHaveLength(20)
})

test("who does not finish a request, or says nothing more after one, is hung up on within five seconds", async () => {
  const { task, container } = aTask("1", "network-1")
  const { world, machine, endpoints } = await aNode([task])
  await endpoints.open(task, container)
  const slow = machine.connect("network-1", TASK_ADDRESS, 80)!
  slow.write("GET /v4/endpoint-1 HTTP/1.1\r\n")
  const idle = machine.connect("network-1", TASK_ADDRESS, 80)!
  idle.write("GET /v4/endpoint-1 HTTP/1.1\r\nhost: x\r\n\r\n")
  const said = [read(slow), read(idle)]

  await world.advance(4_000)
  expect([slow.readableEnded, idle.readableEnded]).toEqual([false, false])
  await world.advance(1_100)
  expect(await Promise.all(said)).toEqual(["", expect.stringContaining("200 OK")])
})

test("a request larger than any that makes sense is refused", async () => {
  const { task, container } = aTask("1", "network-1")
  const { machine, endpoints } = await aNode([task])
  await endpoints.open(task, container)
  const socket = machine.connect("network-1", TASK_ADDRESS, 80)!
  const body = "x".repeat(100_000)
  socket.write(
    `PUT /api/endpoint-1/task-protection/v1/state HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  expect(await read(socket)).toMatch(/^HTTP\/1.1 413 /)
})

test("what a task says to the region arrives there unread, and the answer comes though the task has said all", async () => {
  const { task, container } = aTask("1", "network-1")
  const [far, region] = duplexPair()
  const { machine, endpoints } = await aNode([task], { dial: async () => far! })
  await endpoints.open(task, container)
  const socket = machine.connect("network-1", REGION_ADDRESS, 80)!
  socket.end("POST / HTTP/1.1\r\n\r\n")

  expect(await read(region!)).toBe("POST / HTTP/1.1\r\n\r\n")
  const answer = "x".repeat(300_000)
  region!.end(answer)
  expect((await read(socket)).length).toBe(answer.length)
})

test("a task is hung up on when there is no region, or it breaks off", async () => {
  const { task, container } = aTask("1", "network-1")
  const [far, region] = duplexPair()
  const fars = [far!]
  const { machine, endpoints } = await aNode([task], {
    dial: async () => fars.shift() ?? Promise.reject(new Error("no region")),
  })
  await endpoints.open(task, container)
  const broken = read(machine.connect("network-1", REGION_ADDRESS, 80)!)
  const refused = read(machine.connect("network-1", REGION_ADDRESS, 80)!)
  expect(await refused).toBe("")

  region!.destroy()
  far!.destroy()
  expect(await broken).toBe("")
})
