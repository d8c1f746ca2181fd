import { expect, test } from "vitest"
import { upgrade } from "../../../store/table.ts"
import { HOME, startStore } from "../../../store/testing.ts"
import { type EcsEvent, eventCounters, events } from "../tables/event.ts"
import { EXITED, RUNNING, startShop } from "../task/testing.ts"
import { eventDetail, eventVersion } from "./read.ts"
import { writeEvent } from "./write.ts"

test("a task's events tell of each change in AWS's shape, and their version only rises", async () => {
  const shop = await startShop()
  const instance = shop.instance("a")
  const { tasks } = await shop.ecs.runTask({ cluster: "shop", taskDefinition: "web", startedBy: "me" })
  const task = tasks![0]!.taskArn!
  const submit = (status: string, containers = RUNNING) =>
    shop.ecs.submitTaskStateChange({ cluster: "shop", task, status, reason: "", containers })
  await submit("RUNNING")
  await submit("RUNNING")
  await shop.ecs.stopTask({ cluster: "shop", task, reason: "enough" })
  await submit("STOPPED", EXITED)

  const told = shop.eventsOf(task)
  expect(told.map(({ version, lastStatus, desiredStatus }) => [version, lastStatus, desiredStatus])).toEqual([
    [1, "PENDING", "RUNNING"],
    [2, "RUNNING", "RUNNING"],
    [3, "RUNNING", "STOPPED"],
    [4, "STOPPING", "STOPPED"],
    [5, "STOPPED", "STOPPED"],
  ])
  expect(told.at(-1)).toEqual({
    attachments: [],
    attributes: [],
    clusterArn: shop.clusterArn,
    connectivity: "CONNECTED",
    connectivityAt: "2026-01-01T00:00:00Z",
    containerInstanceArn: instance.arn,
    containers: [
      {
        containerArn: expect.any(String),
        taskArn: task,
        name: "app",
        image: "nginx",
        lastStatus: "STOPPED",
        exitCode: 0,
        imageDigest: "sha256:1",
        runtimeId: "f00d",
        cpu: "128",
        memory: "256",
        networkBindings: [],
        networkInterfaces: [],
      },
    ],
    cpu: "128",
    memory: "256",
    createdAt: "2026-01-01T00:00:00Z",
    desiredStatus: "STOPPED",
    enableExecuteCommand: false,
    executionStoppedAt: "2026-01-01T00:00:00Z",
    group: "family:web",
    launchType: "EC2",
    lastStatus: "STOPPED",
    overrides: { containerOverrides: [{ name: "app" }] },
    startedAt: "2026-01-01T00:00:00Z",
    startedBy: "me",
    stopCode: "UserInitiated",
    stoppedReason: "enough",
    stoppingAt: "2026-01-01T00:00:00Z",
    stoppedAt: "2026-01-01T00:00:00Z",
    taskArn: task,
    taskDefinitionArn: expect.any(String),
    updatedAt: "2026-01-01T00:00:00Z",
    version: 5,
  })
})

test("the newest ten thousand events are kept, and a number is never given out twice", async () => {
  const { store, world } = await startStore([events, eventCounters])
  const write = (count: number) =>
    store.transact(HOME, (tx) => {
      for (let index = 0; index < count; index++) {
        writeEvent(
          { tx, now: world.now(), random: world.random },
          { detailType: "x", resources: [], told: { detail: {} } },
        )
      }
    })
  write(10_005)
  expect(store.size(events)).toBe(10_000)

  // Even when all of them have been forgotten.
  store.transact(HOME, (tx) => {
    for (const { sequence } of tx.all(events)) tx.delete(events, sequence)
  })
  write(1)
  expect(store.transact(HOME, (tx) => tx.all(events).map(({ sequence }) => Number(sequence)))).toEqual([10_006])
})

test("an event in the words of an earlier version is told in these words", async () => {
  const { store } = await startStore([events, eventCounters])
  const earlier = { sequence: "1", id: "a", time: 0, detailType: "x", resources: [], detail: { version: 3 } }
  const event = upgrade(events, 1, earlier) as EcsEvent
  expect(store.transact(HOME, (tx) => eventDetail(tx, event))).toEqual({ version: 3 })
  expect(eventVersion(event)).toBe(3)
})
