import fc from "fast-check"
import { expect, test } from "vitest"
import { HOME, startStore } from "../../../store/testing.ts"
import { eventDetail } from "../event/read.ts"
import type { Writer } from "../event/write.ts"
import { aTask, CLUSTER } from "../placement/testing.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { eventCounters, events } from "../tables/event.ts"
import { resourceTags } from "../tables/tag.ts"
import { type Task, type TaskContainer, type TaskStatus, tasks } from "../tables/task.ts"
import { healthOf } from "./health.ts"
import { isBefore, MOVES, wantedOfAgent } from "./moves.ts"
import { applyHealth, applyReport, type TaskReport } from "./report.ts"
import { endTask, stopTask } from "./stop.ts"
import { putTask } from "./write.ts"

const tables = [tasks, containerInstances, events, eventCounters, resourceTags]

const STATUSES = Object.keys(MOVES) as TaskStatus[]

function aContainer(name: string, changes: Partial<TaskContainer> = {}): TaskContainer {
  const arn = `arn:aws:ecs:us-east-1:111122223333:container/default/1/${name}`
  return { arn, name, image: "nginx", essential: true, lastStatus: "PENDING", health: "UNKNOWN", cpu: 0, ...changes }
}

function placedTask(changes: Partial<Task> = {}): Task {
  return aTask("1", {
    lastStatus: "PENDING",
    instanceArn: `${CLUSTER}/instance`,
    containers: [aContainer("app"), aContainer("side", { essential: false })],
    version: 0,
    ...changes,
  })
}

/** Runs steps on one task, and gives what it was after each. */
async function history(
  first: Task,
  steps: readonly ((writer: Writer, task: Task) => Task)[],
): Promise<{ states: Task[]; told: Record<string, unknown>[] }> {
  const { store, world } = await startStore(tables)
  const states: Task[] = []
  for (const step of [(writer: Writer) => putTask(writer, undefined, first), ...steps]) {
    await world.advance(1)
    states.push(
      store.transact(HOME, (tx) => step({ tx, now: world.now(), random: world.random }, states.at(-1) as Task)),
    )
  }
  const told = store.transact(HOME, (tx) =>
    tx.list(events).map((event) => eventDetail(tx, event) as Record<string, unknown>),
  )
  return { states, told }
}

const containerReport = fc.record(
  {
    name: fc.constantFrom("app", "side", "nobody"),
    status: fc.constantFrom("PENDING", "RUNNING", "STOPPED"),
    exitCode: fc.nat(255),
    reason: fc.constantFrom("", "CannotPullContainerError: no"),
    imageDigest: fc.constantFrom("sha256:1", "sha256:2"),
    runtimeId: fc.constantFrom("1", "2"),
  },
  { requiredKeys: ["name"] },
)

const taskReport: fc.Arbitrary<TaskReport> = fc.record(
  {
    status: fc.constantFrom("PENDING", "RUNNING", "STOPPED"),
    reason: fc.constantFrom("", "agent says no"),
    containers: fc.array(containerReport, { maxLength: 3 }),
    attachments: fc.array(
      fc.record({ id: fc.constantFrom("eni", "other"), status: fc.constantFrom("ATTACHED", "DETACHED", "?") }),
      { maxLength: 2 },
    ),
    pullStartedAt: fc.nat(100),
    executionStoppedAt: fc.nat(100),
  },
  { requiredKeys: [] },
)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: taskReport.map((report) => (writer: Writer, task: Task) => applyReport(writer, task, report)),
  },
  fc.constant((writer: Writer, task: Task) => stopTask(writer, task, { code: "UserInitiated", reason: "enough" })),
  fc.constant((writer: Writer, task: Task) => endTask(writer, task, { code: undefined, reason: "gone" })),
  fc
    .constantFrom("HEALTHY", "UNHEALTHY", "UNKNOWN")
    .map(
      (status) => (writer: Writer, task: Task) =>
        applyHealth(writer, task, [{ containerName: "app", status } as const]),
    ),
)

const eni = { id: "eni", type: "ElasticNetworkInterface", status: "ATTACHED", details: [] } as const

const first = fc.constantFrom(
  placedTask(),
  placedTask({ attachments: [eni] }),
  placedTask({ lastStatus: "PROVISIONING", attachments: [eni] }),
)

test("nothing moves back, whatever is reported and in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(first, fc.array(step, { maxLength: 12 }), async (task, steps) => {
      const { states, told } = await history(task, steps)
      for (const [index, after] of states.entries()) {
        const before = states[index - 1]
        if (before === undefined) continue
        expect(isBefore(after.lastStatus, before.lastStatus)).toBe(false)
        expect(before.desiredStatus === "STOPPED" && after.desiredStatus === "RUNNING").toBe(false)
        expect(after.version).toBeGreaterThanOrEqual(before.version)
        for (const [at, container] of after.containers.entries()) {
          const earlier = before.containers[at]!
          const order = ["PENDING", "RUNNING", "STOPPED"]
          expect(order.indexOf(container.lastStatus)).toBeGreaterThanOrEqual(order.indexOf(earlier.lastStatus))
          for (const field of ["exitCode", "runtimeId", "imageDigest", "reason"] as const) {
            if (earlier[field] !== undefined) expect(container[field]).toBe(earlier[field])
          }
        }
        // The first cause of a task's end is the one that is shown.
        if (before.stoppedReason !== undefined) expect(after.stoppedReason).toBe(before.stoppedReason)
        if (after.desiredStatus === "STOPPED") expect(after.stoppedReason).toBeDefined()
      }
      expect(told.map(({ version }) => version)).toEqual([...told.keys()].map((index) => index + 1))
    }),
    { numRuns: 300 },
  )
})

test("a report that comes a second time changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(first, fc.array(taskReport, { maxLength: 8 }), async (task, reports) => {
      const once = reports.map((report) => (writer: Writer, now: Task) => applyReport(writer, now, report))
      const { states } = await history(
        task,
        once.flatMap((apply) => [apply, apply]),
      )
      for (let index = 1; index + 1 < states.length; index += 2) expect(states[index + 1]).toBe(states[index])
    }),
    { numRuns: 300 },
  )
})

test("whatever an agent has said of a task, one word of its end ends it", async () => {
  await fc.assert(
    fc.asyncProperty(first, fc.array(taskReport, { maxLength: 8 }), async (task, reports) => {
      const all = [...reports, { status: "STOPPED" } as const]
      const { states } = await history(
        task,
        all.map((report) => (writer: Writer, now: Task) => applyReport(writer, now, report)),
      )
      const end = states.at(-1)!
      expect(end.lastStatus).toBe(task.attachments.length > 0 ? "DEPROVISIONING" : "STOPPED")
      expect(end.containers.every(({ lastStatus }) => lastStatus === "STOPPED")).toBe(true)
      expect(end.stopCode).toBeDefined()
    }),
    { numRuns: 200 },
  )
})

test("an essential container that has ended takes its task with it, another one does not", async () => {
  const exits = (name: string): TaskReport => ({
    status: "RUNNING",
    containers: [{ name, status: "STOPPED", exitCode: 0 }],
  })
  const side = await history(placedTask(), [(writer, task) => applyReport(writer, task, exits("side"))])
  expect(side.states.at(-1)).toMatchObject({ lastStatus: "RUNNING", desiredStatus: "RUNNING" })

  const app = await history(placedTask(), [(writer, task) => applyReport(writer, task, exits("app"))])
  expect(app.states.at(-1)).toMatchObject({
    lastStatus: "RUNNING",
    desiredStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
  })
})

test("what is wanted of an agent is to keep a task until its traffic has gone, and then to stop it", () => {
  const wanted = (lastStatus: TaskStatus, desiredStatus: Task["desiredStatus"]) =>
    wantedOfAgent(placedTask({ lastStatus, desiredStatus }))
  expect(STATUSES.map((status) => wanted(status, "STOPPED"))).toEqual([
    undefined,
    "STOPPED",
    "STOPPED",
    "RUNNING",
    "RUNNING",
    "STOPPED",
    undefined,
    undefined,
  ])
  expect(wanted("PENDING", "RUNNING")).toBe("RUNNING")
  expect(wantedOfAgent(placedTask({ instanceArn: undefined, lastStatus: "PROVISIONING" }))).toBeUndefined()
})

test("a task is as healthy as its essential containers", () => {
  const health = (...containers: [boolean, Task["health"]][]) =>
    healthOf(containers.map(([essential, health]) => ({ essential, health })))
  expect(health([true, "HEALTHY"], [false, "UNHEALTHY"])).toBe("HEALTHY")
  expect(health([true, "HEALTHY"], [true, "UNKNOWN"])).toBe("UNKNOWN")
  expect(health([true, "UNKNOWN"], [true, "UNHEALTHY"])).toBe("UNHEALTHY")
})

test("health changes in silence: no event tells of it and the version stays", async () => {
  const { states, told } = await history(placedTask(), [
    (writer, task) => applyHealth(writer, task, [{ containerName: "app", status: "HEALTHY" }]),
  ])
  expect(states.at(-1)).toMatchObject({ health: "HEALTHY", version: 1 })
  expect(told).toHaveLength(1)
})

test("a move that is not in the table is a mistake of ours", async () => {
  const back = (writer: Writer, task: Task) => putTask(writer, task, { ...task, lastStatus: "PROVISIONING" })
  await expect(history(placedTask(), [back])).rejects.toThrow("cannot go from PENDING to PROVISIONING")
  const stale = (writer: Writer, task: Task) => putTask(writer, { ...task }, { ...task, health: "HEALTHY" })
  await expect(history(placedTask(), [stale])).rejects.toThrow("has changed since it was read")
})
