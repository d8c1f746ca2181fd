import fc from "fast-check"
import { expect, test } from "vitest"
import type { ContainerStatus, ReportedStatus, TaskStatus } from "../records.ts"
import { nextSubmission, withSent } from "./submission.ts"
import { aContainer, aPayload, aTask } from "./testing.ts"

const sent = (status: ReportedStatus, containers: Record<string, ReportedStatus> = {}) => ({
  status,
  containers,
  attachments: {},
})

test("of a task that has only come there is nothing to tell", () => {
  expect(nextSubmission(aTask({ containers: [aContainer()] }), "default")).toBeUndefined()
})

test("PENDING is told for the digests of the images, and not without one", () => {
  const container = aContainer({ knownStatus: "MANIFEST_PULLED" })
  const task = aTask({ knownStatus: "MANIFEST_PULLED", pullStartedAt: 1_500, containers: [container] })
  expect(nextSubmission(task, "default")).toBeUndefined()
  expect(nextSubmission({ ...task, containers: [{ ...container, imageDigest: "sha256:a" }] }, "default")).toEqual({
    cluster: "default",
    task: task.arn,
    status: "PENDING",
    reason: "",
    containers: [{ containerName: "app", status: "PENDING", imageDigest: "sha256:a" }],
    pullStartedAt: 1.5,
  })
})

test("RUNNING is told with ids and ports, ranges as they were given", () => {
  const bindings = [
    { containerPort: 80, hostPort: 32_768, protocol: "tcp" as const },
    {
      containerPort: 90,
      hostPort: 40_000,
      protocol: "udp" as const,
      containerPortRange: "90-95",
      hostPortRange: "40000-40005",
    },
  ]
  const container = aContainer({ id: "c0", knownStatus: "RUNNING", createdAt: 1, startedAt: 2, bindings })
  const task = aTask({ knownStatus: "RUNNING", containers: [container] })
  expect(nextSubmission(task, "default")).toMatchObject({
    status: "RUNNING",
    containers: [
      {
        containerName: "app",
        runtimeId: "c0",
        status: "RUNNING",
        networkBindings: [
          { bindIP: "0.0.0.0", containerPort: 80, hostPort: 32_768, protocol: "tcp" },
          { bindIP: "0.0.0.0", containerPortRange: "90-95", hostPortRange: "40000-40005", protocol: "udp" },
        ],
      },
    ],
  })
})

test("a container that was never made has no id and no exit code, but a reason", () => {
  const reason = "CannotPullContainerError: no such image"
  const task = aTask({
    knownStatus: "STOPPED",
    reason: "x".repeat(2_000),
    containers: [aContainer({ knownStatus: "STOPPED", reason })],
  })
  const submission = nextSubmission(task, "default")!
  expect(submission.containers).toEqual([{ containerName: "app", status: "STOPPED", reason }])
  expect(submission.reason).toHaveLength(1024)
})

test("only what is new of the containers is told", () => {
  const ran = { createdAt: 1, startedAt: 2 }
  const task = aTask({
    knownStatus: "STOPPED",
    executionStoppedAt: 5_000,
    containers: [
      aContainer({ ...ran, name: "app", knownStatus: "STOPPED", exitCode: 1 }),
      aContainer({ ...ran, name: "init", knownStatus: "STOPPED", exitCode: 0 }),
    ],
    sent: sent("RUNNING", { app: "RUNNING", init: "STOPPED" }),
  })
  const submission = nextSubmission(task, "default")!
  expect(submission).toMatchObject({ status: "STOPPED", executionStoppedAt: 5 })
  expect(submission.containers).toEqual([
    { containerName: "app", runtimeId: "id-of-app", status: "STOPPED", exitCode: 1 },
  ])
})

test("a task that ran and ended while nobody heard is first told to have run", () => {
  const container = aContainer({ knownStatus: "STOPPED", createdAt: 1, startedAt: 2, exitCode: 1, reason: "why" })
  const task = aTask({ knownStatus: "STOPPED", reason: "why", executionStoppedAt: 9, containers: [container] })
  const first = nextSubmission(task, "default")!
  expect(first).toEqual({
    cluster: "default",
    task: task.arn,
    status: "RUNNING",
    reason: "",
    containers: [{ containerName: "app", runtimeId: "id-of-app", status: "RUNNING" }],
  })
  const then = nextSubmission({ ...task, sent: withSent(task.sent, first) }, "default")
  expect(then).toMatchObject({ status: "STOPPED", containers: [{ status: "STOPPED", exitCode: 1 }] })
})

test("a task of which a container was never started has not run", () => {
  const started = aContainer({ knownStatus: "STOPPED", createdAt: 1, startedAt: 2 })
  const task = aTask({
    knownStatus: "STOPPED",
    containers: [started, aContainer({ name: "second", knownStatus: "STOPPED" })],
  })
  expect(nextSubmission(task, "default")!.status).toBe("STOPPED")
})

test("what happens to one container waits for the task's next step, unless leftovers are asked for", () => {
  const task = aTask({
    knownStatus: "RUNNING",
    containers: [aContainer(), aContainer({ name: "side", knownStatus: "STOPPED", createdAt: 1, exitCode: 4 })],
    sent: sent("RUNNING", { app: "RUNNING", side: "RUNNING" }),
  })
  expect(nextSubmission(task, "default")).toBeUndefined()
  expect(nextSubmission(task, "default", true)).toMatchObject({
    status: "RUNNING",
    containers: [{ containerName: "side", status: "STOPPED", exitCode: 4 }],
  })
  expect(nextSubmission({ ...task, sent: sent("STOPPED") }, "default", true)).toBeUndefined()
})

test("a task of another's cluster is told under that", () => {
  const payload = aPayload({ taskClusterArn: "arn:theirs" })
  const task = aTask({ payload, knownStatus: "RUNNING", containers: [aContainer({ knownStatus: "RUNNING" })] })
  expect(nextSubmission(task, "fargate")!.cluster).toBe("arn:theirs")
})

test("whatever a record says, telling comes to an end, and nothing goes back", () => {
  const rank = (status: ReportedStatus | undefined) => ["PENDING", "RUNNING", "STOPPED"].indexOf(status ?? "")
  const container = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    knownStatus: fc.constantFrom<ContainerStatus>("NONE", "MANIFEST_PULLED", "PULLED", "CREATED", "RUNNING", "STOPPED"),
    startedAt: fc.option(fc.constant(1), { nil: undefined }),
    imageDigest: fc.option(fc.constant("sha256:a"), { nil: undefined }),
  })
  const record = fc.record({
    knownStatus: fc.constantFrom<TaskStatus>("NONE", "MANIFEST_PULLED", "CREATED", "RUNNING", "STOPPED"),
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, maxLength: 3 }),
  })
  fc.assert(
    fc.property(record, fc.boolean(), ({ knownStatus, containers }, leftovers) => {
      let task = aTask({ knownStatus, containers: containers.map((said) => aContainer(said as object)) })
      for (let told = 0; ; told++) {
        const next = nextSubmission(task, "default", leftovers)
        if (next === undefined) break
        expect(told).toBeLessThan(3)
        if (!leftovers) expect(rank(next.status)).toBeGreaterThan(rank(task.sent.status))
        for (const { containerName, status } of next.containers!) {
          expect(rank(status)).toBeGreaterThan(rank(task.sent.containers[containerName]))
        }
        task = { ...task, sent: withSent(task.sent, next) }
      }
      if (knownStatus === "STOPPED") expect(task.sent.status).toBe("STOPPED")
    }),
  )
})
