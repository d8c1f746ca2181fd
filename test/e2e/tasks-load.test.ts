import "../figure.ts"
import { execFileSync } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { expect, test } from "vitest"
import { containerLinks } from "./leaks.ts"
import { startStack } from "./stack.ts"
import { handleOf, IDLE, register, runTask, sh, summaryOf } from "./stack-task.ts"
import { until } from "./until.ts"

// Many at once, and some that behave badly.

const stack = await startStack()
const { ecs } = stack

async function statuses(arns: readonly string[]): Promise<(string | undefined)[]> {
  const { tasks = [] } = await ecs.describeTasks({ tasks: [...arns] })
  return tasks.map(({ lastStatus }) => lastStatus)
}

test("fifty tasks start at once, and end at once, with nothing left of them", async ({ task: { meta } }) => {
  const web = { main: { command: IDLE, memory: 16, portMappings: [{ containerPort: 80 }] } }
  const taskDefinition = await register(stack, web)
  const askedAt = performance.now()
  const answers = await Promise.all(Array.from({ length: 5 }, () => ecs.runTask({ taskDefinition, count: 10 })))
  const arns = answers.flatMap(({ tasks }) => tasks!.map(({ taskArn }) => taskArn!))
  expect(arns).toHaveLength(50)
  await until(async () => (await statuses(arns)).every((status) => status === "RUNNING"))
  const runningMs = performance.now() - askedAt
  const { tasks } = await ecs.describeTasks({ tasks: arns })
  const ports = tasks!.flatMap(({ containers }) => containers![0]!.networkBindings!.map(({ hostPort }) => hostPort))
  expect(new Set(ports).size).toBe(50)

  const stoppedAt = performance.now()
  await Promise.all(arns.map((task) => ecs.stopTask({ task })))
  await until(async () => (await statuses(arns)).every((status) => status === "STOPPED"))
  meta.figure = `50 tasks RUNNING after ${Math.round(runningMs)} ms, STOPPED after ${Math.round(performance.now() - stoppedAt)} ms`
  await until(() => containerLinks() === "")
})

test("a node that is killed again and again brings every task to where it is wanted", async () => {
  const lasting = await register(stack, { main: { command: IDLE, memory: 16 } })
  const ending = await register(stack, { main: { command: sh("sleep 0.5; exit 4"), memory: 16 } })
  const kept: string[] = []
  const stopped: string[] = []
  const ended: string[] = []
  const begin = async (taskDefinition: string) => (await ecs.runTask({ taskDefinition })).tasks![0]!.taskArn!
  for (let kill = 0; kill < 6; kill++) {
    stopped.push(await begin(lasting))
    kept.push(await begin(lasting))
    ended.push(await begin(ending))
    const previous = stopped.at(-2)
    if (previous !== undefined) await ecs.stopTask({ task: previous })
    // Starts are in another of their stages each time.
    await pause(kill * 80)
    await stack.killNode()
  }
  await ecs.stopTask({ task: stopped.at(-1)! })

  await until(async () => (await statuses([...stopped, ...ended])).every((status) => status === "STOPPED"))
  await until(async () => (await statuses(kept)).every((status) => ["RUNNING", "STOPPED"].includes(status!)))
  for (const arn of ended) {
    expect(summaryOf(await handleOf(stack, arn).describe()).containers).toEqual({ main: 4 })
  }
  for (const arn of kept) {
    const task = handleOf(stack, arn)
    expect(await task.describe()).toMatchObject({ lastStatus: "RUNNING" })
    expect((await task.exec("main")).length).toBeGreaterThan(0)
  }
  await Promise.all(kept.map((task) => ecs.stopTask({ task })))
  await until(async () => (await statuses(kept)).every((status) => status === "STOPPED"))
  await until(() => containerLinks() === "")
})

test("one that forks without end, and ignores that it shall stop, is stopped all the same", async () => {
  const bomb = await runTask(stack, {
    main: {
      command: ["sh", "-c", "trap '' TERM; bomb() { bomb | bomb & }; while :; do bomb; sleep 0.2; done"],
      memory: 24,
    },
  })
  const id = await bomb.runtimeId("main")
  await until(() => stack.processesOf(id).length > 20)
  const beside = await runTask(stack, { main: { command: sh("echo done; exit 0") } })
  expect((await beside.stopped()).containers![0]!.exitCode).toBe(0)
  await bomb.stop()
  await bomb.stopped()
  expect(stack.processesOf(id)).toEqual([])
})

test("one that floods its log fills no disk, and keeps nobody else waiting", async () => {
  const options = { "max-size": "1m", "max-file": "2" }
  const flood = await runTask(stack, {
    main: {
      command: sh(`yes "$(printf %0199d 0)" | head -c 5000000 > /lines; while :; do cat /lines; sleep 0.1; done`),
      logConfiguration: { logDriver: "json-file", options },
    },
  })
  const id = await flood.runtimeId("main")
  await until(() => stack.log(id).length > 0)
  const begunAt = performance.now()
  await pause(2_000)
  const beside = await runTask(stack, { main: { command: sh("echo done; exit 0") } })
  expect((await beside.stopped()).containers![0]!.exitCode).toBe(0)
  expect(performance.now() - begunAt).toBeLessThan(12_000)

  // What is not yet read is bounded, and what was read is kept in two files of a mebibyte.
  const used = (path: string) => {
    // Files that are turned over meanwhile are missed by it, which it minds.
    const told = execFileSync("sh", ["-c", 'du -sk "$0" 2>/dev/null || true', path], { encoding: "utf8" })
    return Number(told.split("\t")[0])
  }
  expect(used(stack.directory.path)).toBeLessThan(150 * 1024)
  expect(used(`${stack.directory.path}/logs`)).toBeLessThan(8 * 1024)
  await flood.stop()
  await flood.stopped()
})
