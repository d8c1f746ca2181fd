import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { startStackOnDocker } from "./docker-stack.ts"
import { IDLE, runTask, sh, summaryOf } from "./stack-task.ts"
import { until } from "./until.ts"

// When containers start, when they end, and what becomes of their task.

const stack = await startStackOnDocker("--stats-interval", "1")

test("a task runs, and its end is told with the code of its container", async () => {
  const task = await runTask(stack, { main: { command: sh("echo hello; echo done; exit 3") } })
  expect(summaryOf(await task.stopped())).toEqual({
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    containers: { main: 3 },
  })
  expect(await task.output()).toEqual(["hello"])
})

test.concurrent("containers start when what they depend on has come so far, and end in the reverse order", async () => {
  const source = join(stack.shared, "order")
  mkdirSync(source)
  const says = (word: string) => `echo ${word} >> /order/said`
  const untilTold = (word: string) =>
    sh(`${says(word)}; trap '${says(`-${word}`)}; exit 0' TERM; while :; do sleep 1000 & wait; done`)
  const mountPoints = [{ sourceVolume: "order", containerPath: "/order" }]
  const task = await runTask(
    stack,
    {
      main: {
        command: untilTold("main"),
        mountPoints,
        dependsOn: [{ containerName: "healthy", condition: "HEALTHY" }],
      },
      healthy: {
        command: untilTold("healthy"),
        healthCheck: { command: ["CMD-SHELL", `${says("healthy?")}; grep -q healthy /order/said`], interval: 5 },
        mountPoints,
        dependsOn: [{ containerName: "started", condition: "START" }],
      },
      started: {
        command: untilTold("started"),
        mountPoints,
        dependsOn: [{ containerName: "successful", condition: "SUCCESS" }],
      },
      successful: {
        essential: false,
        command: sh(`sleep 0.2; ${says("successful")}`),
        mountPoints,
        dependsOn: [{ containerName: "completed", condition: "COMPLETE" }],
      },
      completed: { essential: false, command: sh(`sleep 0.2; ${says("completed")}; exit 1`), mountPoints },
    },
    { volumes: [{ name: "order", host: { sourcePath: source } }] },
  )
  const { containers } = await task.running()
  expect(containers!.map(({ name, lastStatus, exitCode }) => [name, lastStatus, exitCode]).sort()).toEqual([
    ["completed", "STOPPED", 1],
    ["healthy", "RUNNING", undefined],
    ["main", "RUNNING", undefined],
    ["started", "RUNNING", undefined],
    ["successful", "STOPPED", 0],
  ])
  await task.stop()
  expect(summaryOf(await task.stopped())).toMatchObject({
    stopCode: "UserInitiated",
    containers: { main: 0, healthy: 0, started: 0 },
  })
  const said = readFileSync(join(source, "said"), "utf8").trim().split("\n")
  const first = ["completed", "successful", "started", "healthy", "healthy?", "main"]
  expect(said.filter((word, at) => said.indexOf(word) === at)).toEqual([...first, "-main", "-healthy", "-started"])
})

test.concurrent("a container whose condition cannot come true any more never starts", async () => {
  const failed = await runTask(stack, {
    main: { command: IDLE, dependsOn: [{ containerName: "before", condition: "SUCCESS" }] },
    before: { essential: false, command: sh("exit 1") },
  })
  const late = await runTask(stack, {
    main: { command: IDLE, dependsOn: [{ containerName: "before", condition: "SUCCESS" }] },
    before: { essential: false, command: IDLE, startTimeout: 2 },
  })
  for (const task of [failed, late]) {
    const { containers, stoppedReason } = summaryOf(await task.stopped())
    expect(containers.main).toMatch(/^CannotStartContainerError: /)
    expect(stoppedReason).toBe("Essential container in task exited")
    expect((await task.container("main")).runtimeId).toBeUndefined()
  }
})

test.concurrent("each is asked to end by its own signal, and made to when it does not in its own time", async () => {
  const image = await stack.load("homeport.test/signal:1", { stopSignal: "SIGUSR1" })
  const deaf = sh("trap '' TERM; while :; do sleep 1; done")
  const task = await runTask(stack, {
    obedient: { command: sh("trap 'exit 5' TERM; while :; do sleep 1000 & wait; done") },
    signalled: { image, command: sh("trap 'exit 6' USR1; trap 'exit 7' TERM; while :; do sleep 1000 & wait; done") },
    deaf: { command: deaf, stopTimeout: 2 },
  })
  await task.running()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const askedAt = Date.now()
  await stack.ecs.stopTask({ task: task.arn, reason: "enough" })
  expect(summaryOf(await task.stopped())).toEqual({
    stopCode: "UserInitiated",
    stoppedReason: "enough",
    containers: { obedient: 5, signalled: 6, deaf: 137 },
  })
  expect(Date.now() - askedAt).toBeGreaterThan(2_000)
  expect(Date.now() - askedAt).toBeLessThan(5_000)
})

test.concurrent("a container starts again by its policy, if it ran long enough and its code is not excepted", async () => {
  const restartPolicy = { enabled: true, ignoredExitCodes: [9], restartAttemptPeriod: 60 }
  const task = await runTask(stack, {
    steady: { command: sh("echo begins; sleep 60.5; exit 1"), restartPolicy },
    hasty: { essential: false, command: sh("echo begins; exit 1"), restartPolicy },
    excepted: { essential: false, command: sh("echo begins; sleep 60.5; exit 9"), restartPolicy },
  })
  await task.running()
  const begins = async (name: string) => stack.log(await task.runtimeId(name)).length
  await until(async () => (await begins("steady")) === 2)
  await until(async () => (await task.exec("excepted")).length === 0)
  expect((await task.describe()).lastStatus).toBe("RUNNING")
  await task.stop()
  expect(summaryOf(await task.stopped()).containers).toEqual({ steady: 137, hasty: 1, excepted: 9 })
  expect([await begins("steady"), await begins("hasty"), await begins("excepted")]).toEqual([2, 1, 1])
})

test.concurrent("health reaches the region, of each container and of the task", async () => {
  const probe = (command: string[], more = {}) => ({ command: IDLE, healthCheck: { command, interval: 5, ...more } })
  const well = await runTask(stack, { main: probe(["CMD", "true"]), unchecked: { essential: false, command: IDLE } })
  const ill = await runTask(stack, {
    main: probe(["CMD-SHELL", "echo bad; exit 1"], { retries: 1 }),
    patient: probe(["CMD-SHELL", "exit 1"], { retries: 1, startPeriod: 300 }),
    side: { ...probe(["CMD", "true"]), essential: false },
  })
  const health = async (task: typeof well) => {
    const { healthStatus, containers } = await task.describe()
    return {
      task: healthStatus,
      ...Object.fromEntries(containers!.map(({ name, healthStatus }) => [name, healthStatus])),
    }
  }
  await well.running()
  expect(await health(well)).toEqual({ task: "UNKNOWN", main: "UNKNOWN", unchecked: "UNKNOWN" })
  await until(async () => (await health(well)).task !== "UNKNOWN")
  expect(await health(well)).toEqual({ task: "HEALTHY", main: "HEALTHY", unchecked: "UNKNOWN" })
  await until(async () => (await health(ill)).task === "UNHEALTHY")
  await until(async () => (await health(ill)).side === "HEALTHY")
  expect(await health(ill)).toEqual({ task: "UNHEALTHY", main: "UNHEALTHY", patient: "UNKNOWN", side: "HEALTHY" })
  await Promise.all([well.stop(), ill.stop()])
})
