import { spawn } from "node:child_process"
import { join } from "node:path"
import { expect, test } from "vitest"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { nodeStatus } from "../../src/main/node/node-control.ts"
import { ROOT } from "../source.ts"
import { answers, killed, lives } from "./command-line.ts"
import { startStack } from "./stack.ts"
import { handleOf, IDLE, register, runTask } from "./stack-task.ts"
import { until } from "./until.ts"

// The node beside the region, as `homeport up` starts the two, and what becomes of tasks when one of its processes ends.

const stack = await startStack()
const data = dataDirectory(stack.folder)
const { port } = new URL(stack.endpoint)
const up = () => stack.run("up", "--detach", "--port", port)
const upAgain = async () => {
  expect(await up()).toMatchObject({ code: EXIT.ok, err: "" })
  await until(stack.isConnected)
}

test("what up prints as an example runs a container and shows its log", async () => {
  // `aws logs tail` is new with it.
  expect(await awsVersion()).toMatch(/^2\./)
  await stack.load("public.ecr.aws/docker/library/busybox:latest")
  await stack.run("down")
  const { out } = await up()
  const example = out.slice(out.indexOf("\n\n") + 2)
  expect(example.split("\n").map((line) => line.split(" ")[0])).toEqual(["eval", "aws", "aws", "aws", "aws", ""])

  const script = example.replace("./homeport", `${process.execPath} ${join(ROOT, "src/main/cli.ts")}`)
  const shell = spawn("sh", ["-c", script], {
    env: { PATH: `/usr/bin:${process.env.PATH}`, HOME: stack.folder, PYTHONUNBUFFERED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  let said = ""
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text))
  await until(() => /Hello from a container/.test(said) || (shell.exitCode !== null && said))
  process.kill(-shell.pid!, "SIGKILL")
  expect(said).toContain("Hello from a container")
})

test("status of the node says what it hosts, and a second up finds the first", async () => {
  const { out } = await stack.run("node", "status")
  expect(out).toMatch(
    /^A node runs on this machine through containerd \S+ \(process \d+\)\.\n {2}default {2}container instance of cluster default in us-east-1, \d+ tasks?, connected\n {2}fargate {2}Fargate capacity of us-east-1, 0 tasks, connected\n$/,
  )
  expect((await up()).out).toMatch(/^Homeport already runs at /)
  expect(await stack.run("node", "run", "--lifeline")).toMatchObject({
    code: EXIT.failed,
    out: expect.stringContaining("A node runs already"),
  })
})

test("a node that is killed is started again and finds its task, which has not noticed", async () => {
  const task = await runTask(stack, { main: { command: IDLE } })
  await task.running()
  const [before] = await task.exec("main")
  const nodeBefore = await stack.nodePid()
  await stack.killNode()
  await until(async () => ((await stack.nodePid()) ?? nodeBefore) !== nodeBefore)
  await until(stack.isConnected)

  expect(await task.exec("main")).toContain(before)
  await task.stop()
  expect((await task.stopped()).containers![0]!.exitCode).toBe(0)
})

test("a region that is killed comes back under its node, and new tasks run", async () => {
  const first = await runTask(stack, { main: { command: IDLE } })
  await first.running()
  const [before] = await first.exec("main")
  const { pid } = stack.record().region
  killed(pid)
  await until(() => stack.record().region.pid !== pid && answers(stack.endpoint))
  await until(stack.isConnected)

  const second = await runTask(stack, { main: { command: IDLE } })
  await second.running()
  expect((await first.describe()).lastStatus).toBe("RUNNING")
  expect(await first.exec("main")).toContain(before)
  await Promise.all([first.stop(), second.stop()])
})

test("a node that starts while its region is away finds it when it is back", async () => {
  const task = await runTask(stack, { main: { command: IDLE } })
  await task.running()
  killed(stack.record().region.pid)
  await stack.killNode()
  await until(stack.isConnected)
  expect((await task.describe()).lastStatus).toBe("RUNNING")
  await task.stop()
  await task.stopped()
})

test("when the supervisor is killed region and node end, tasks run on, and the next up finds them", async () => {
  const task = await runTask(stack, { main: { command: IDLE } })
  await task.running()
  const [main] = await task.exec("main")
  const { supervisor, region } = stack.record()
  const node = await stack.nodePid()
  killed(supervisor.pid)
  await until(() => !lives(region.pid) && !lives(node!))
  expect(lives(main!)).toBe(true)
  expect(lives(stack.containerdPid())).toBe(false)

  await upAgain()
  expect((await task.describe()).lastStatus).toBe("RUNNING")
  expect(await task.exec("main")).toContain(main)
  await task.stop()
  await task.stopped()
})

test("down lets tasks run on, and an end meanwhile is told with its code by the next up", async () => {
  const stays = await runTask(stack, { main: { command: IDLE } })
  const ends = await runTask(stack, { main: { command: IDLE } })
  await Promise.all([stays.running(), ends.running()])
  const [main] = await stays.exec("main")
  const [other] = await ends.exec("main")
  expect(await stack.run("down")).toEqual({ code: EXIT.ok, out: "Homeport has stopped.\n", err: "" })
  expect(await nodeStatus(data)).toBeUndefined()
  expect(lives(stack.containerdPid())).toBe(false)
  expect(lives(main!)).toBe(true)
  expect(await stack.run("down", "--tasks")).toMatchObject({
    code: EXIT.failed,
    err: expect.stringContaining("Start it with: homeport up"),
  })
  killed(other!)

  await upAgain()
  expect((await ends.stopped()).containers![0]!.exitCode).toBe(137)
  expect(await stays.exec("main")).toContain(main)
  await stays.stop()
  await stays.stopped()
})

test("down --tasks stops them in order, and a service starts none in their place before the next up", async () => {
  const taskDefinition = await register(stack, { main: { command: IDLE } })
  await stack.ecs.createService({ serviceName: "shop", taskDefinition, desiredCount: 2 })
  const running = async () => {
    const { taskArns = [] } = await stack.ecs.listTasks({ serviceName: "shop" })
    const { tasks = [] } = taskArns.length === 0 ? {} : await stack.ecs.describeTasks({ tasks: taskArns })
    return tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").map(({ taskArn }) => taskArn!)
  }
  await until(async () => (await running()).length === 2)
  const tasks = (await running()).map((arn) => handleOf(stack, arn))

  expect(await stack.run("down", "--tasks")).toEqual({
    code: EXIT.ok,
    out: "Stopped 2 tasks.\nHomeport has stopped.\n",
    err: "",
  })
  await upAgain()
  for (const task of tasks) {
    const { lastStatus, containers } = await task.describe()
    expect([lastStatus, containers![0]!.exitCode]).toEqual(["STOPPED", 0])
  }
  // Only now there is somebody again who may start others.
  await until(async () => (await running()).length === 2)
  await stack.ecs.deleteService({ service: "shop", force: true })
})

test("a cluster that is not there is told to whoever asks for an instance of it", async () => {
  expect(await stack.run("token", "create", "--cluster", "nowhere")).toMatchObject({
    code: EXIT.failed,
    out: "",
    err: expect.stringMatching(/^There is no cluster "nowhere" in us-east-1 .* aws ecs create-cluster /),
  })
  expect(await stack.run("token", "create", "--account", "000000000000")).toMatchObject({
    code: EXIT.failed,
    err: "There is no account 000000000000.\n",
  })
})

/** Undefined where there is none, or one that does not follow logs. */
async function awsVersion(): Promise<string | undefined> {
  const asked = spawn("/usr/bin/aws", ["--version"], { stdio: ["ignore", "pipe", "ignore"] })
  let said = ""
  asked.stdout.setEncoding("utf8").on("data", (text) => (said += text))
  await new Promise<void>((resolve) => {
    asked.once("error", () => resolve())
    asked.once("close", () => resolve())
  })
  return /^aws-cli\/(2\.\S+)/.exec(said)?.[1]
}
