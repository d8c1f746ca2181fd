import { expect, test } from "vitest"
import { untilAnswered } from "../../../aws/testing.ts"
import { regionScope } from "../../../store/changes.ts"
import type { Payload } from "../../../wire/acs.ts"
import { startWorld } from "../../testing.ts"
import { connected } from "../container-instance/write.ts"
import { stopTask } from "../lifecycle/stop.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { tasks } from "../tables/task.ts"
import { type Behaviour, FakeAgent, roadTo } from "./testing.ts"

/** A region with a cluster, a definition, and an agent that has registered. */
async function start(behaviour: Partial<Behaviour> = {}, options: Parameters<typeof startWorld>[0] = {}) {
  let region = await startWorld(options)
  const { world } = region
  await region.ecs.createCluster({})
  await region.ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "app", image: "nginx", cpu: 10, memory: 32 }],
  })
  const agentOf = (credentials = region.credentials, agentBehaviour: Partial<Behaviour> = behaviour) =>
    new FakeAgent(
      world,
      roadTo(() => region.door, world, { credentials }),
      agentBehaviour,
    )
  const agent = agentOf()
  const answered = <T>(answer: Promise<T>) => untilAnswered(answer, world, options.appendMs === undefined ? 0 : 1)
  await answered(agent.register())
  const scope = regionScope(region.account, "us-east-1")
  return {
    world,
    agent,
    agentOf,
    answered,
    scope,
    get region() {
      return region
    },
    connect: (who = agent) => answered(who.connect()),
    run: async (count = 1) => {
      const { tasks: started = [], failures } = await region.ecs.startTask({
        taskDefinition: "web",
        containerInstances: [agent.instanceArn],
      })
      expect(failures).toEqual([])
      for (let more = 1; more < count; more++) {
        await region.ecs.startTask({ taskDefinition: "web", containerInstances: [agent.instanceArn] })
      }
      return started[0]!.taskArn!
    },
    task: (arn: string) => region.store.transact(scope, (tx) => tx.mustGet(tasks, arn)),
    instance: () => region.store.transact(scope, (tx) => tx.mustGet(containerInstances, agent.instanceArn)),
    async crash() {
      agent.vanish()
      region = await region.restart()
      await region.ecs.listClusters({})
    },
  }
}

const payloads = (agent: FakeAgent): Payload[] =>
  agent.heard.flatMap(({ type, message }) => (type === "PayloadMessage" ? [message] : []))
const told = (agent: FakeAgent) => payloads(agent).map(({ tasks: [task] }) => `${task!.desiredStatus} ${task!.arn}`)
const manifests = (agent: FakeAgent) =>
  agent.heard.flatMap(({ type, message }) => (type === "TaskManifestMessage" ? [message] : []))

test("a task goes to its agent, runs, is stopped there, and ends when the agent says so", async () => {
  const { agent, connect, run, task, world, region } = await start()
  await connect()
  const arn = await run()
  await world.advance(1_000)
  expect(task(arn).lastStatus).toBe("RUNNING")
  await region.ecs.stopTask({ task: arn })
  await world.advance(1_000)
  expect(task(arn)).toMatchObject({ lastStatus: "STOPPED", stopCode: "UserInitiated" })
  expect(told(agent)).toEqual([`RUNNING ${arn}`, `STOPPED ${arn}`])
})

test("each message is about one task", async () => {
  const { agent, connect, run, world } = await start()
  await connect()
  await run(5)
  await world.advance(1_000)
  expect(payloads(agent).map((payload) => payload.tasks.length)).toEqual([1, 1, 1, 1, 1])
})

test("what was placed while the agent was away is told when it comes", async () => {
  const { agent, connect, run, task, world } = await start()
  await connect()
  agent.vanish()
  const arn = await run()
  await world.advance(5_000)
  await connect()
  await world.advance(1_000)
  expect(task(arn).lastStatus).toBe("RUNNING")
  expect(told(agent)).toEqual([`RUNNING ${arn}`])
})

test("nothing is told before it is durable, also when a message is repeated", async () => {
  let appendMs = 0
  const quiet = { acknowledges: false, startMs: 10_000_000 }
  const { agent, connect, region, run, task, world, scope } = await start(quiet, { appendMs: () => appendMs })
  await connect()
  const arn = await run()
  await world.advance(4_000)
  expect(told(agent)).toEqual([`RUNNING ${arn}`])
  appendMs = 3_000
  region.store.transact(scope, (tx) => {
    const writer = { tx, now: world.now(), random: world.random }
    stopTask(writer, tx.mustGet(tasks, arn), { code: "UserInitiated", reason: "" })
  })
  await world.advance(2_500)
  expect(task(arn).desiredStatus).toBe("STOPPED")
  expect(told(agent)).toEqual([`RUNNING ${arn}`])
  await world.advance(1_500)
  expect(told(agent)).toEqual([`RUNNING ${arn}`, `STOPPED ${arn}`])
})

test("few messages are out at a time, and the rest follows as they are acknowledged", async () => {
  const { agent, connect, run, world } = await start({ acknowledges: false, startMs: 10_000_000 })
  await connect()
  await run(50)
  await world.advance(2_000)
  expect(payloads(agent)).toHaveLength(32)
  agent.behaviour = { ...agent.behaviour, acknowledges: true }
  await world.advance(30_000)
  expect(agent.tasks.size).toBe(50)
})

test("a message without an acknowledgement is sent again, ever more rarely, under the same id", async () => {
  const { agent, connect, run, world } = await start({ acknowledges: false, startMs: 10_000_000 })
  await connect()
  await run()
  await world.advance(4_000)
  expect(payloads(agent)).toHaveLength(1)
  await world.advance(2_000)
  expect(payloads(agent)).toHaveLength(2)
  await world.advance(8_000)
  expect(payloads(agent)).toHaveLength(2)
  await world.advance(600_000)
  expect(payloads(agent).length).toBeLessThan(12)
  expect(new Set(payloads(agent).map(({ messageId }) => messageId)).size).toBe(1)
})

test("a report settles a message that was never acknowledged", async () => {
  const { agent, connect, run, world } = await start({ acknowledges: false })
  await connect()
  await run()
  await world.advance(600_000)
  expect(payloads(agent)).toHaveLength(1)
})

test("a message that the agent refuses is not sent again on this connection", async () => {
  const { agent, connect, run, world } = await start({ acknowledges: false, startMs: 10_000_000 })
  await connect()
  await run()
  await world.advance(1_000)
  const { messageId } = payloads(agent)[0]!
  agent.say(JSON.stringify({ type: "NackRequest", message: { messageId, reason: "no" } }))
  await world.advance(60_000)
  expect(payloads(agent)).toHaveLength(1)
})

test("frames that make no sense, or that nobody knows, are skipped", async () => {
  const { agent, connect, run, task, world } = await start()
  await connect()
  for (const frame of ["", "[]", "{", '{"type":"AckRequest","message":{}}', '{"type":"NewThing","message":{"a":1}}']) {
    agent.say(frame)
  }
  const arn = await run()
  await world.advance(1_000)
  expect(task(arn).lastStatus).toBe("RUNNING")
})

test("an agent that says far too much is cut off, with a code that makes it wait", async () => {
  const { agent, connect, world } = await start()
  await connect()
  for (let count = 0; count < 10_000; count++) agent.say('{"type":"HeartbeatAckRequest","message":{"messageId":"m"}}')
  await world.advance(100)
  expect(agent.ends).toEqual([1008])
})

test("heartbeats come well within a minute, and an agent that stops answering them is given up", async () => {
  const { agent, connect, instance, world } = await start()
  await connect()
  await world.advance(600_000)
  const beats = () => agent.heard.filter(({ type }) => type === "HeartbeatMessage").length
  expect(beats()).toBeGreaterThanOrEqual(20)
  expect(agent.isConnected).toBe(true)
  agent.behaviour = { ...agent.behaviour, answersHeartbeats: false, acknowledges: false }
  await world.advance(90_000)
  expect(agent.ends).toEqual([1008])
  await world.advance(15_000)
  expect(instance().agentConnected).toBe(false)
})

test("an agent that is back within seconds was never gone", async () => {
  const { agent, connect, instance, region, world } = await start()
  await connect()
  await world.advance(1_000)
  const { version } = instance()
  expect(instance()).toMatchObject({ agentConnected: true, agentVersion: "1.105.1" })
  agent.vanish()
  await world.advance(5_000)
  await connect()
  await world.advance(60_000)
  expect(instance()).toMatchObject({ agentConnected: true, version })
  agent.vanish()
  await world.advance(15_000)
  expect(instance().agentConnected).toBe(false)
  expect(region.log.lines.filter(({ level }) => level === "error")).toEqual([])
})

test("of two agents with one name the newer is the one; the older is ended with a code that makes it wait", async () => {
  const { agent, agentOf, connect, instance, run, task, world } = await start()
  await connect()
  const twin = agentOf()
  twin.instanceArn = agent.instanceArn
  await connect(twin)
  await world.advance(20_000)
  expect([agent.ends, twin.ends]).toEqual([[1008], []])
  expect(instance().agentConnected).toBe(true)
  const arn = await run()
  await world.advance(1_000)
  expect(task(arn).lastStatus).toBe("RUNNING")
  expect(told(agent)).toEqual([])
})

test("a new connection of the same agent process repeats only what may not have arrived", async () => {
  const { agent, connect, run, task, world } = await start()
  await connect()
  const running = await run()
  await world.advance(1_000)
  agent.behaviour = { ...agent.behaviour, startMs: 1_000_000 }
  const pending = await run()
  await world.advance(1_000)
  agent.vanish()
  agent.heard.length = 0
  await connect()
  await world.advance(1_000)
  expect(told(agent)).toEqual([`RUNNING ${pending}`])
  expect(task(running).lastStatus).toBe("RUNNING")
})

test("an agent that has started anew is told everything, as it may have lost even what it reported", async () => {
  const { agent, connect, run, world } = await start()
  await connect()
  const arn = await run()
  await world.advance(1_000)
  agent.restart()
  agent.lose(arn)
  agent.heard.length = 0
  await connect()
  await world.advance(1_000)
  expect(told(agent)).toEqual([`RUNNING ${arn}`])
  expect(agent.tasks.get(arn)?.status).toBe("RUNNING")
})

test("a stop that is not acknowledged before the connection ends is told on the next one", async () => {
  const { agent, connect, run, task, region, world } = await start()
  await connect()
  const arn = await run()
  await world.advance(1_000)
  agent.vanish()
  await region.ecs.stopTask({ task: arn })
  await world.advance(3_000)
  expect(task(arn).lastStatus).not.toBe("STOPPED")
  await connect()
  await world.advance(1_000)
  expect(task(arn).lastStatus).toBe("STOPPED")
})

test("a task that is stopped before its agent ever heard of it is told as stopped, and ends", async () => {
  const { agent, connect, run, task, region, world } = await start()
  await connect()
  agent.vanish()
  const arn = await run()
  await region.ecs.stopTask({ task: arn })
  await connect()
  await world.advance(1_000)
  expect(told(agent)).toEqual([`STOPPED ${arn}`])
  expect(task(arn).lastStatus).toBe("STOPPED")
})

test("manifests come after connecting and after changes, a minute apart, with numbers that only rise", async () => {
  const { agent, connect, run, world } = await start()
  await connect()
  await world.advance(1_000)
  expect(manifests(agent).map((manifest) => manifest.tasks)).toEqual([[]])
  const arn = await run()
  await world.advance(30_000)
  expect(manifests(agent)).toHaveLength(1)
  await world.advance(35_000)
  expect(manifests(agent)[1]!.tasks).toMatchObject([{ taskArn: arn, desiredStatus: "RUNNING" }])
  await world.advance(600_000)
  expect(manifests(agent)).toHaveLength(2)
  agent.vanish()
  await connect()
  await world.advance(1_000)
  const numbers = manifests(agent).map(({ timeline }) => timeline)
  expect(numbers).toHaveLength(3)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(numbers).size).toBe(3)
})

test("after a restart of the region no manifest has a number that was used before", async () => {
  const started = await start()
  const { agent, connect, crash, instance, world } = started
  await connect()
  await world.advance(1_000)
  const used = manifests(agent).at(-1)!.timeline
  expect(instance().manifestNumber).toBeGreaterThanOrEqual(used)
  await crash()
  await connect()
  await world.advance(1_000)
  expect(manifests(agent).at(-1)!.timeline).toBeGreaterThan(used)
})

test("no manifest leaves before its number is set aside for good", async () => {
  let appendMs = 0
  const { agent, connect, world } = await start({}, { appendMs: () => appendMs })
  appendMs = 3_000
  await connect()
  await world.advance(2_500)
  expect(manifests(agent)).toEqual([])
  await world.advance(2_500)
  expect(manifests(agent)).toHaveLength(1)
})

test("what an agent runs beside the manifest is stopped, unless the tables say meanwhile that it should run", async () => {
  const { agent, connect, run, task, world } = await start()
  await connect()
  const arn = await run()
  const stray = `${arn.slice(0, -4)}0000`
  await world.advance(1_000)
  const { payload } = agent.tasks.get(arn)!
  agent.tasks.set(stray, { payload: { ...payload, arn: stray }, status: "RUNNING", desired: "RUNNING" })
  agent.vanish()
  await connect()
  await world.advance(1_000)
  expect(agent.tasks.get(stray)?.status).toBe("STOPPED")
  expect(task(arn).lastStatus).toBe("RUNNING")

  // Asked once more about the same manifest, about a task that should run, or about a manifest that nobody sent.
  const { messageId } = manifests(agent).at(-1)!
  agent.heard.length = 0
  for (const id of [messageId, "made-up"]) {
    const message = { messageId: id, stopCandidates: [{ taskArn: arn, desiredStatus: "STOPPED" }] }
    agent.say(JSON.stringify({ type: "TaskStopVerificationMessage", message }))
  }
  await world.advance(100)
  expect(agent.heard).toEqual([])
})

test("the first manifest is not taken for an old one because a payload came before it", async () => {
  const { agent, connect, region, run, scope, world } = await start()
  region.store.transact(scope, (tx) =>
    connected({ tx, now: world.now(), random: world.random }, agent.instanceArn, true),
  )
  await run()
  await connect()
  await world.advance(200_000)
  expect(agent.heard.map(({ type }) => type).slice(0, 2)).toEqual(["PayloadMessage", "TaskManifestMessage"])
  // One that is not acknowledged would be followed by another.
  expect(manifests(agent)).toHaveLength(1)
})

test("of the tasks that an agent asks about only those are to stop that should not run by now", async () => {
  const { agent, connect, run, world } = await start()
  await connect()
  await world.advance(1_000)
  const arn = await run()
  await world.advance(1_000)
  const stray = `${arn.slice(0, -4)}0000`
  const stopCandidates = [arn, stray].map((taskArn) => ({ taskArn, desiredStatus: "STOPPED" }))
  const { messageId } = manifests(agent).at(-1)!
  agent.say(JSON.stringify({ type: "TaskStopVerificationMessage", message: { messageId, stopCandidates } }))
  await world.advance(100)
  expect(agent.heard.at(-1)).toMatchObject({
    type: "TaskStopVerificationAck",
    message: { messageId, stopTasks: [{ taskArn: stray, desiredStatus: "STOPPED" }] },
  })
})

test("a region that restarts at any moment repeats nothing that harms, and forgets no task", async () => {
  const started = await start()
  const { agent, connect, crash, run, task, world } = started
  await connect()
  const first = await run()
  await crash()
  await connect()
  const second = await run()
  await world.advance(1_000)
  await crash()
  await connect()
  await world.advance(1_000)
  expect([task(first).lastStatus, task(second).lastStatus]).toEqual(["RUNNING", "RUNNING"])
  expect(agent.tasks.size).toBe(2)
  await started.region.ecs.stopTask({ task: first })
  await crash()
  await connect()
  await world.advance(1_000)
  expect([task(first).lastStatus, task(second).lastStatus]).toEqual(["STOPPED", "RUNNING"])
  expect([...agent.tasks.values()].map(({ status }) => status)).toEqual(["STOPPED", "RUNNING"])
})

test("after a restart of the region an agent has a minute to come back before it counts as gone", async () => {
  const { connect, crash, instance, world } = await start()
  await connect()
  await world.advance(1_000)
  await crash()
  await world.advance(50_000)
  expect(instance().agentConnected).toBe(true)
  await world.advance(15_000)
  expect(instance().agentConnected).toBe(false)
})

test("who may not poll, or is not there, is refused in the form that agents read", async () => {
  const { agent, agentOf, connect, region, world } = await start()
  const refused = async (who: FakeAgent) => {
    const answer = (await connect(who))!
    return [answer.status, JSON.parse(String(answer.body)).type]
  }
  const stranger = agentOf()
  stranger.instanceArn = `${agent.instanceArn.slice(0, -4)}0000`
  expect(await refused(stranger)).toEqual([400, "InvalidInstanceException"])

  const nameless = agentOf()
  expect(await refused(nameless)).toEqual([400, "InvalidInstanceException"])

  const limited = agentOf(region.as({ only: ["ecs:Submit*"] }).credentials)
  limited.instanceArn = agent.instanceArn
  expect(await refused(limited)).toEqual([400, "AccessDeniedException"])

  const foreign = agentOf(region.as({ account: "another" }).credentials)
  foreign.instanceArn = agent.instanceArn
  expect(await refused(foreign)).toEqual([400, "AccessDeniedException"])

  const forger = agentOf({ ...region.credentials, secretAccessKey: "wrong" })
  forger.instanceArn = agent.instanceArn
  expect(await refused(forger)).toEqual([400, "InvalidSignatureException"])

  await region.ecs.createCluster({ clusterName: "other" })
  const elsewhere = new FakeAgent(
    world,
    roadTo(() => region.door, world, { credentials: region.credentials }),
    { cluster: "other" },
  )
  elsewhere.instanceArn = agent.instanceArn
  expect(await refused(elsewhere)).toEqual([400, "InvalidClusterException"])
})

test("an instance that is taken out by force stops what it ran, is let go, and is then refused for good", async () => {
  const { agent, answered, connect, run, region, world } = await start()
  await connect()
  await answered(agent.connectTelemetry())
  const arn = await run()
  await world.advance(1_000)
  await region.ecs.deregisterContainerInstance({ containerInstance: agent.instanceArn, force: true })
  await world.advance(10_000)
  expect(agent.tasks.get(arn)?.status).toBe("STOPPED")
  expect(agent.ends).toEqual([1008, 1008])
  const answer = (await connect())!
  expect(answer.status).toBe(400)
  expect(JSON.parse(String(answer.body))).toMatchObject({ type: "InactiveInstanceException" })
})

test("a process that stops ends its connections with a code that makes agents wait a moment, and takes no more", async () => {
  const { agent, connect, region, world } = await start()
  await connect()
  expect(region.door.metrics().sockets).toBe(1)
  region.door.endSockets()
  await world.advance(10)
  expect(agent.ends).toEqual([1012])
  expect(region.door.metrics().sockets).toBe(0)
  expect((await connect())!.status).toBe(400)
})

test("connections are counted, and so is each that was asked for", async () => {
  const { connect, region } = await start()
  await connect()
  expect(region.door.metrics().requests).toContainEqual({ service: "ecs", operation: "Poll", status: 101, count: 1 })
})

test("a path where no socket is gets no upgrade", async () => {
  const { region } = await start()
  const { signal } = new AbortController()
  const request = { method: "GET", path: "/elsewhere/ws", query: "", headers: {}, body: new Uint8Array(0), signal }
  expect(await region.door.upgrade(request)).toBeUndefined()
})
