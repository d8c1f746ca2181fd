import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { MemoryState } from "../state-memory.ts"
import { Unusable } from "../tasks.ts"
import { Acs } from "./acs.ts"
import { fault, ScriptedRegion } from "./scripted-region.testing.ts"
import { Submissions } from "./submissions.ts"
import { aContainer, aPayload, aTask, FakeTasks } from "./testing.ts"

const envelope = { messageId: "m", clusterArn: "arn:cluster", containerInstanceArn: "arn:instance", generatedAt: 1 }
const ack = {
  type: "AckRequest",
  message: { messageId: "m", cluster: "arn:cluster", containerInstance: "arn:instance" },
}
const credentials = (credentialsId: string) => ({
  credentialsId,
  accessKeyId: "a",
  secretAccessKey: "s",
  sessionToken: "t",
  expiration: "2026-01-01T06:00:00Z",
})

async function start() {
  const world = simulatedWorld()
  const region = new ScriptedRegion(() => ({}))
  const state = new MemoryState()
  const tasks = new FakeTasks(world, state)
  const submissions = new Submissions({ world, region, state, cluster: "default" })
  const events: string[] = []
  const acs = new Acs({
    world,
    region,
    state,
    tasks,
    submissions,
    cluster: "default",
    url: async (sendCredentials) => `http://region/acs/ws?sendCredentials=${sendCredentials}`,
    opened: () => events.push("opened"),
    heartbeat: () => events.push("heartbeat"),
    inactive: () => events.push("inactive"),
  })
  acs.connection.start()
  onTestFinished(() => acs.connection.stop())
  await world.settle()
  const say = async (type: string, message: object) => {
    region.socket.say(type, message)
    await world.settle()
  }
  return { world, region, state, tasks, events, say }
}

test("a heartbeat is answered", async () => {
  const { region, events, say } = await start()
  await say("HeartbeatMessage", { messageId: "h", healthy: true })
  expect(region.socket.heard).toEqual([{ type: "HeartbeatAckRequest", message: { messageId: "h" } }])
  expect(events).toEqual(["opened", "heartbeat"])
})

test("credentials of all tasks are asked for until the process has once been connected", async () => {
  const { world, region } = await start()
  await world.advance(5_000)
  region.socket.end(1000)
  await world.advance(5_000)
  expect(region.urls.map(({ searchParams }) => searchParams.get("sendCredentials"))).toEqual(["true", "false"])
})

test("a payload is acknowledged with the credentials in it, and its number remembered", async () => {
  const { region, state, say } = await start()
  const task = { ...aPayload(), roleCredentials: credentials("r"), executionRoleCredentials: credentials("e") }
  await say("PayloadMessage", { ...envelope, seqNum: 3, tasks: [task] })
  const expiration = "2026-01-01T06:00:00Z"
  expect(region.socket.heard).toEqual([
    ack,
    { type: "IAMRoleCredentialsAckRequest", message: { messageId: "m", expiration, credentialsId: "r" } },
    { type: "IAMRoleCredentialsAckRequest", message: { messageId: "m", expiration, credentialsId: "e" } },
  ])
  expect(state.tasks.size).toBe(1)
  expect(state.sequence).toBe(3)
})

test("what stops is stopped before what starts is started", async () => {
  const { state, tasks, say } = await start()
  const order: string[] = []
  tasks.accept = ({ arn, desiredStatus }) => void order.push(`${arn} ${desiredStatus}`)
  state.putTask(aTask({ arn: "old" }))
  const payloads = [aPayload({ arn: "new" }), aPayload({ arn: "old", desiredStatus: "STOPPED" })]
  await say("PayloadMessage", { ...envelope, seqNum: 1, tasks: payloads })
  expect(order).toEqual(["old STOPPED", "new RUNNING"])
})

test("a task that no agent could run is reported, its neighbours start, and nothing is acknowledged", async () => {
  const { region, state, say } = await start()
  const bad = { ...aPayload({ arn: "bad" }), containers: [] }
  await say("PayloadMessage", { ...envelope, seqNum: 1, tasks: [bad, aPayload({ arn: "good" })] })
  expect([...state.tasks.keys()]).toEqual(["good"])
  expect(region.socket.heard).toEqual([])
  expect(region.calls).toMatchObject([
    {
      operation: "SubmitTaskStateChange",
      input: { task: "bad", status: "STOPPED", reason: expect.stringMatching(/^UnrecogniedTaskError: /) },
    },
  ])
})

test("so is one that has not the shape of a task", async () => {
  const { region, state, say } = await start()
  const bad = { ...aPayload({ arn: "bad" }), desiredStatus: null }
  await say("PayloadMessage", { ...envelope, seqNum: 1, tasks: [aPayload({ arn: "good" }), bad] })
  expect([...state.tasks.keys()]).toEqual(["good"])
  expect(region.calls).toMatchObject([{ input: { task: "bad", status: "STOPPED" } }])
  // The good one's own acknowledgement would stand for the whole message.
  expect(region.socket.heard).toEqual([])
})

test("what the machine cannot take now is neither acknowledged nor reported", async () => {
  const { region, tasks, say } = await start()
  tasks.accept = () => {
    throw new Error("no room on the disk")
  }
  await say("PayloadMessage", { ...envelope, seqNum: 1, tasks: [aPayload()] })
  expect(region.socket.heard).toEqual([])
  expect(region.calls).toEqual([])
  tasks.accept = () => {
    throw new Unusable("no")
  }
  await say("PayloadMessage", { ...envelope, seqNum: 1, tasks: [aPayload()] })
  expect(region.calls).toHaveLength(1)
})

test("credentials are acknowledged when a task has them, and not otherwise", async () => {
  const { region, state, tasks, say } = await start()
  const message = { messageId: "c", taskArn: "a", roleType: "TaskApplication", roleCredentials: credentials("r") }
  await say("IAMRoleCredentialsMessage", message)
  expect(region.socket.heard).toEqual([])
  state.putTask(aTask({ arn: "a" }))
  await say("IAMRoleCredentialsMessage", message)
  expect(tasks.refreshed).toEqual(["r"])
  expect(region.socket.heard).toMatchObject([{ type: "IAMRoleCredentialsAckRequest", message: { messageId: "c" } }])
})

const networkInterface = {
  ec2Id: "eni-1",
  macAddress: "02:00:00:00:00:01",
  attachmentArn: "arn:attachment/1",
  ipv4Addresses: [{ privateAddress: "10.0.0.5", primary: true }],
  subnetGatewayIpv4Address: "10.0.0.1/24",
}
const announcement = {
  ...envelope,
  taskArn: "a",
  taskClusterArn: "arn:theirs",
  waitTimeoutMs: 300_000,
  elasticNetworkInterfaces: [networkInterface],
}

test("an interface is acknowledged when it is announced, and reported when it is there", async () => {
  const { world, region, tasks, say } = await start()
  const there = Promise.withResolvers<void>()
  tasks.attach = () => there.promise
  await say("AttachTaskNetworkInterfacesMessage", announcement)
  await say("AttachTaskNetworkInterfacesMessage", announcement)
  expect(region.socket.heard).toEqual([ack, ack])
  expect(region.calls).toEqual([])
  there.resolve()
  await world.settle()
  expect(region.calls.map(({ input }) => input)).toEqual([
    { cluster: "arn:theirs", task: "a", attachments: [{ attachmentArn: "arn:attachment/1", status: "ATTACHED" }] },
  ])
})

test("an announcement that does not say enough is passed over", async () => {
  const { region, tasks, say } = await start()
  const { subnetGatewayIpv4Address: _, ...bare } = networkInterface
  await say("AttachTaskNetworkInterfacesMessage", { ...announcement, elasticNetworkInterfaces: [bare] })
  await say("AttachTaskNetworkInterfacesMessage", { ...announcement, elasticNetworkInterfaces: [] })
  await say("AttachTaskNetworkInterfacesMessage", { ...announcement, waitTimeoutMs: 0 })
  expect(region.socket.heard).toEqual([])
  expect(tasks.attached).toEqual([])
})

test("what a manifest does not list is stopped, once the region has said that it shall", async () => {
  const { region, state, say } = await start()
  for (const arn of ["listed", "stray", "wanted after all"]) {
    state.putTask(aTask({ arn, knownStatus: "RUNNING", containers: [aContainer({ knownStatus: "RUNNING" })] }))
  }
  state.putTask(aTask({ arn: "over", knownStatus: "STOPPED" }))
  await say("TaskManifestMessage", {
    ...envelope,
    timeline: 5,
    tasks: [
      { taskArn: "listed", desiredStatus: "RUNNING" },
      { taskArn: "stray", desiredStatus: "STOPPED" },
    ],
  })
  expect(region.socket.heard[0]).toEqual(ack)
  expect(region.socket.heard[1]).toEqual({
    type: "TaskStopVerificationMessage",
    message: {
      messageId: "m",
      stopCandidates: [
        { taskArn: "stray", desiredStatus: "STOPPED" },
        { taskArn: "wanted after all", desiredStatus: "STOPPED" },
      ],
    },
  })
  const desired = () => [...state.tasks.values()].filter(({ desiredStatus }) => desiredStatus === "STOPPED")
  await say("TaskStopVerificationAck", {
    messageId: "other",
    stopTasks: [{ taskArn: "listed", desiredStatus: "STOPPED" }],
  })
  expect(desired()).toEqual([])
  await say("TaskStopVerificationAck", { messageId: "m", stopTasks: [{ taskArn: "stray", desiredStatus: "STOPPED" }] })
  expect(desired().map(({ arn }) => arn)).toEqual(["stray"])
  await say("TaskStopVerificationAck", { messageId: "m", stopTasks: [{ taskArn: "listed", desiredStatus: "STOPPED" }] })
  expect(desired()).toHaveLength(1)
})

test("a manifest whose number is not the largest is passed over", async () => {
  const { region, state, say } = await start()
  await say("TaskManifestMessage", { ...envelope, timeline: 5, tasks: [] })
  await say("TaskManifestMessage", { ...envelope, timeline: 5, tasks: [] })
  await say("TaskManifestMessage", { ...envelope, timeline: 4, tasks: [] })
  expect(region.socket.heard).toEqual([ack])
  expect(state.sequence).toBe(5)
})

test("an update is refused", async () => {
  const { region, say } = await start()
  await say("StageUpdateMessage", { ...envelope, updateInfo: { location: "l", signature: "s" } })
  expect(region.socket.heard).toMatchObject([{ type: "NackRequest", message: { messageId: "m" } }])
})

test("frames that make no sense are passed over, and do not count as a sign of life", async () => {
  const { world, region } = await start()
  for (let n = 0; n < 13; n++) {
    for (const frame of ["", "no JSON", "{}", '{"type":"PayloadMessage"}', '{"type":"Unheard","message":{}}']) {
      region.sockets[0]!.message(frame)
    }
    await world.advance(10_000)
  }
  expect(region.sockets[0]!.closes).toHaveLength(1)
})

test("an instance that was taken out asks again every hour", async () => {
  const { world, region, events } = await start()
  region.refusal = fault("InactiveInstanceException")
  await world.advance(5_000)
  region.socket.end(1008)
  await world.advance(3_600_000)
  expect(events).toEqual(["opened", "inactive"])
  await world.advance(3_600_000)
  expect(events).toEqual(["opened", "inactive", "inactive"])
})
