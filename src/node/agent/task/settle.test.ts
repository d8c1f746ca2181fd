import fc from "fast-check"
import { expect, test } from "vitest"
import type { TaskRecord } from "../records.ts"
import { dependantsOf, dependenciesOf, outlook } from "./dependencies.ts"
import { exited, started } from "./exit.ts"
import { type Action, type Circumstances, planTask } from "./plan.ts"
import { endedFor, mapContainers, settle } from "./settle.ts"
import { aContainer, aPayload, aRecord, aTask } from "./testing.ts"

const NOBODY = new Set<string>()
const FREE: Circumstances = { isAdmitted: true, engaged: NOBODY, checked: NOBODY, isReleased: false }

const dependent = (condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY", startTimeout?: number) =>
  aPayload({
    containers: [
      aContainer({
        name: "db",
        essential: false,
        startTimeout,
        ...(condition === "HEALTHY" && { healthCheckType: "docker" }),
      }),
      aContainer({ dependsOn: [{ containerName: "db", condition }] }),
    ],
  })

const running = { knownStatus: "RUNNING", createdAt: 1, startedAt: 1_000 } as const
const ended = (exitCode: number) => ({ ...running, knownStatus: "STOPPED", finishedAt: 2_000, exitCode }) as const

const actionsFor = (task: TaskRecord, circumstances = FREE, now = 2_000) => planTask(task, circumstances, now).actions

test("containers that wait for nothing are brought at the same time", () => {
  const task = aTask(aPayload({ containers: [aContainer({ name: "a" }), aContainer({ name: "b" })] }))
  expect(actionsFor(task)).toEqual([
    { kind: "pull", container: "a" },
    { kind: "pull", container: "b" },
  ])
})

test("a task for which there is no room waits", () => {
  expect(actionsFor(aTask(), { ...FREE, isAdmitted: false })).toEqual([])
})

test("nothing is begun with a container that something is being done with", () => {
  expect(actionsFor(aTask(), { ...FREE, engaged: new Set(["app"]) })).toEqual([])
})

test.each([
  ["START", {}, false],
  ["START", { knownStatus: "CREATED", createdAt: 1 }, false],
  ["START", running, true],
  ["START", ended(1), true],
  ["COMPLETE", running, false],
  ["COMPLETE", ended(1), true],
  ["SUCCESS", running, false],
  ["SUCCESS", ended(0), true],
  ["HEALTHY", running, false],
  ["HEALTHY", { ...running, health: { status: "UNHEALTHY", since: 0 } }, false],
  ["HEALTHY", { ...running, health: { status: "HEALTHY", since: 0 } }, true],
] as const)("with %s, a dependency that is %j lets its dependant go: %s", (condition, state, isLet) => {
  const task = settle(
    aTask(dependent(condition), { containers: [aRecord({ name: "db", ...state }), aRecord()] }),
    NOBODY,
    2_000,
  )
  expect(
    actionsFor(task).some((action) => "container" in action && action.container === "app" && action.kind === "pull"),
  ).toBe(isLet)
})

test.each([
  ["START", { knownStatus: "STOPPED", reason: "CannotPullContainerError: no" }, "could not be started"],
  ["SUCCESS", ended(3), "exited with 3"],
  ["COMPLETE", { ...running, knownStatus: "STOPPED", finishedAt: 2_000 }, "ended in an unknown way"],
  ["HEALTHY", ended(0), "exited with 0"],
] as const)(
  "what waits for %s in vain is stopped with AWS's code, and an essential one ends the task",
  (condition, state, words) => {
    const task = aTask(dependent(condition), { containers: [aRecord({ name: "db", ...state }), aRecord()] })
    const settled = settle(task, NOBODY, 5_000)
    expect(settled.containers[1]).toMatchObject({ knownStatus: "STOPPED", exitCode: 143 })
    expect(settled.containers[1]!.reason).toMatch(/^CannotStartContainerError: dependency container 'db' /)
    expect(settled.containers[1]!.reason).toContain(words)
    expect(settled).toMatchObject({ desiredStatus: "STOPPED", knownStatus: "STOPPED", executionStoppedAt: 5_000 })
  },
)

test("a start timeout counts from the dependency's start, and the plan wakes up for it", () => {
  const task = aTask(dependent("HEALTHY", 30), { containers: [aRecord({ name: "db", ...running }), aRecord()] })
  expect(planTask(task, FREE, 30_999).wakeAt).toBe(31_000)
  expect(settle(task, NOBODY, 30_999).containers[1]).toBe(task.containers[1])
  expect(settle(task, NOBODY, 31_000).containers[1]!.reason).toContain("within its startTimeout of 30 s")
})

test("containers that wait for each other end the task with a reason", () => {
  const task = aTask(
    aPayload({
      containers: [
        aContainer({ name: "a", dependsOn: [{ containerName: "b", condition: "START" }] }),
        aContainer({ name: "b", links: ["a"] }),
        aContainer({ name: "c" }),
      ],
    }),
  )
  expect(settle(task, NOBODY, 1)).toMatchObject({
    knownStatus: "STOPPED",
    reason: "TaskDependencyError: the dependencies of a, b cannot be resolved",
  })
})

test("a container is stopped only after those that depend on it", () => {
  const payload = dependent("START")
  const both = endedFor(aTask(payload, { containers: [aRecord({ name: "db", ...running }), aRecord(running)] }), 2_000)
  expect(actionsFor(settle(both, NOBODY, 2_000))).toEqual([{ kind: "stop", container: "app" }])
  const one = endedFor(aTask(payload, { containers: [aRecord({ name: "db", ...running }), aRecord(ended(0))] }), 2_000)
  expect(actionsFor(settle(one, NOBODY, 2_000))).toEqual([{ kind: "stop", container: "db" }])
})

test("the end of an essential container ends the task, that of another one does not", () => {
  const payload = aPayload({ containers: [aContainer(), aContainer({ name: "side", essential: false })] })
  const containers = [aRecord(running), aRecord({ name: "side", ...running })]
  const end = { at: 3_000, exitCode: 1, outOfMemory: false }
  const task = aTask(payload, { containers, knownStatus: "RUNNING" })
  expect(settle(exited(task, "side", end), NOBODY, 3_000)).toMatchObject({
    desiredStatus: "RUNNING",
    knownStatus: "RUNNING",
  })
  expect(settle(exited(task, "app", end), NOBODY, 3_000)).toMatchObject({
    desiredStatus: "STOPPED",
    knownStatus: "RUNNING",
    executionStoppedAt: 3_000,
  })
})

test("without essential containers a task ends with its last one", () => {
  const payload = aPayload({
    containers: [aContainer({ essential: false }), aContainer({ name: "b", essential: false })],
  })
  const task = aTask(payload, { containers: [aRecord(running), aRecord({ name: "b", ...ended(0) })] })
  expect(settle(task, NOBODY, 3_000).knownStatus).toBe("RUNNING")
  const over = settle(exited(task, "app", { at: 3_000, exitCode: 0, outOfMemory: false }), NOBODY, 3_000)
  expect(over).toMatchObject({ desiredStatus: "STOPPED", knownStatus: "STOPPED", stoppedAt: 3_000 })
})

test("a task that is to end is never reported as running late", () => {
  const task = endedFor(aTask(aPayload(), { knownStatus: "MANIFEST_PULLED", containers: [aRecord(running)] }), 1_500)
  expect(settle(task, NOBODY, 2_000).knownStatus).toBe("MANIFEST_PULLED")
})

const policy = (restartPolicy: object) =>
  aPayload({ containers: [aContainer({ restartPolicy: { enabled: true, ...restartPolicy } })] })

test.each([
  ["ran long enough", { restartAttemptPeriod: 60 }, 61_000, 1, true],
  ["ended too soon", { restartAttemptPeriod: 60 }, 60_999, 1, false],
  ["had an exit code that is ignored", { restartAttemptPeriod: 60, ignoredExitCodes: [1] }, 90_000, 1, false],
  ["ended in success", { restartAttemptPeriod: 60 }, 90_000, 0, true],
] as const)("a container that %s: restarted as its policy says", (_, restartPolicy, at, exitCode, isRestarted) => {
  const task = aTask(policy(restartPolicy), { containers: [aRecord(running)], knownStatus: "RUNNING" })
  const over = settle(exited(task, "app", { at, exitCode, outOfMemory: false }), NOBODY, at)
  expect(over.desiredStatus).toBe(isRestarted ? "RUNNING" : "STOPPED")
  expect(actionsFor(over)).toEqual([isRestarted ? { kind: "restart", container: "app" } : { kind: "release" }])
  if (!isRestarted) return
  expect(started(over, "app", at + 5, true).containers[0]).toMatchObject({ restartCount: 1, startedAt: at + 5 })
})

test("a container that the kernel killed for its memory says so", () => {
  const task = aTask(aPayload(), { containers: [aRecord(running)] })
  expect(exited(task, "app", { at: 3_000, exitCode: 137, outOfMemory: true }).containers[0]).toMatchObject({
    exitCode: 137,
    reason: "OutOfMemoryError: Container killed due to memory usage",
  })
})

// Any task over any graph, any order in which its actions end, any exit at any time: the rules hold all the way to the end.

const CONDITIONS = ["START", "COMPLETE", "SUCCESS", "HEALTHY"] as const

const anyPayload = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc
    .tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.record({
          essential: fc.boolean(),
          isChecked: fc.boolean(),
          startTimeout: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
          restarts: fc.boolean(),
          // Mostly on earlier ones, so that most graphs can be resolved.
          dependsOn: fc.uniqueArray(
            fc.record({
              on: fc.oneof(
                { weight: 20, arbitrary: fc.nat(Math.max(0, index - 1)) },
                { weight: 1, arbitrary: fc.nat(count - 1) },
              ),
              condition: fc.constantFrom(...CONDITIONS),
            }),
            { maxLength: index === 0 ? 1 : 3, selector: ({ on }) => on },
          ),
        }),
      ),
    )
    .map((containers) =>
      aPayload({
        containers: containers.map(({ essential, isChecked, startTimeout, restarts, dependsOn }, index) =>
          aContainer({
            name: `c${index}`,
            essential,
            startTimeout,
            ...(isChecked && { healthCheckType: "docker" }),
            ...(restarts && { restartPolicy: { enabled: true, restartAttemptPeriod: 5 } }),
            dependsOn: dependsOn
              .filter(({ on }) => index > 0 || on !== 0)
              .map(({ on, condition }) => ({ containerName: `c${on}`, condition })),
          }),
        ),
      }),
    ),
)

test("no container starts before its condition, stopping goes in reverse, and every task comes to its end", () => {
  fc.assert(
    fc.property(anyPayload, fc.array(fc.nat(999), { minLength: 20, maxLength: 200 }), (payload, choices) => {
      let now = 0
      const engaged = new Map<string, Action["kind"]>()
      let task = settle(aTask(payload), NOBODY, now)
      const change = (update: (task: TaskRecord) => TaskRecord) => {
        task = settle(update(task), new Set(engaged.keys()), now)
      }
      const begin = () => {
        const circumstances = { ...FREE, engaged: new Set(engaged.keys()) }
        for (const action of planTask(task, circumstances, now).actions) {
          if (action.kind === "release" || action.kind === "check") continue
          const definition = payload.containers.find(({ name }) => name === action.container)!
          if (action.kind === "stop") {
            const dependants = dependantsOf(payload, action.container)
            const alive = task.containers.filter(
              ({ name, knownStatus }) => dependants.includes(name) && knownStatus !== "STOPPED",
            )
            expect(alive).toEqual([])
          } else {
            expect(task.desiredStatus).toBe("RUNNING")
          }
          if (action.kind === "start") {
            const all = dependenciesOf(payload, definition).map((dependency) => outlook(dependency, task, now).kind)
            expect(all.every((kind) => kind === "satisfied")).toBe(true)
          }
          expect(engaged.has(action.container)).toBe(false)
          engaged.set(action.container, action.kind)
        }
      }
      const exit = (name: string, exitCode: number) =>
        change((known) => exited(known, name, { at: now, exitCode, outOfMemory: false }))
      const finish = (name: string, choice: number) => {
        const kind = engaged.get(name)!
        if (kind === "stop") exit(name, 143)
        engaged.delete(name)
        const fails = choice % 17 === 0 && kind !== "stop"
        const set = (patch: object) =>
          change((known) =>
            mapContainers(known, (each) =>
              each.name === name && each.knownStatus !== "STOPPED" ? { ...each, ...patch } : each,
            ),
          )
        if (fails) set({ knownStatus: "STOPPED", finishedAt: now, reason: "CannotStartContainerError: no" })
        else if (kind === "pull") set({ knownStatus: "PULLED" })
        else if (kind === "create") set({ knownStatus: "CREATED", createdAt: now })
        else if (kind === "start" || kind === "restart")
          change((known) => started(known, name, now, kind === "restart"))
        else change((known) => known)
      }

      for (const choice of choices) {
        begin()
        now += 100 * (choice % 31)
        change((known) => known)
        const runningNow = task.containers.filter(
          ({ knownStatus, finishedAt }) => knownStatus === "RUNNING" && finishedAt === undefined,
        )
        const busy = [...engaged.keys()]
        if (choice % 3 !== 0 && busy.length > 0) finish(busy[choice % busy.length]!, choice)
        else if (runningNow.length > 0) {
          const { name } = runningNow[choice % runningNow.length]!
          if (choice % 5 < 2 && !engaged.has(name)) exit(name, choice % 2)
          else
            change((known) =>
              mapContainers(known, (each) =>
                each.name === name ? { ...each, health: { status: "HEALTHY", since: now } } : each,
              ),
            )
        }
      }

      // Told to stop, it gets there with what it is in the middle of.
      change((known) => endedFor(known, now))
      for (let turn = 0; turn < 50 && task.knownStatus !== "STOPPED"; turn++) {
        begin()
        for (const name of [...engaged.keys()]) finish(name, 1)
      }
      expect(task.knownStatus).toBe("STOPPED")
      expect(planTask(task, FREE, now).actions).toEqual([{ kind: "release" }])
      expect(settle(task, NOBODY, now)).toBe(task)
    }),
    { numRuns: 500 },
  )
})
